// For esbuild: libraries without their comments. It drops most by itself, but keeps those between the methods of a class,
// which of commander are half. Nobody reads them in what is installed; licences stay, and so does what a trace needs.
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

export const librariesWithoutComments = {
  name: 'libraries-without-comments',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, async ({ path }) => {
      // Printed in short lines here, which have no place for comments; bundled, it is printed in the usual ones again.
      const { code } = await transform(await readFile(path, 'utf8'), {
        minifyWhitespace: true,
        legalComments: 'inline',
      });
      return { contents: code };
    });
  },
};

// For esbuild: packages whose modules are evaluated when something of theirs is first called, not when they are imported.
// A guest's start waits for every module, and needs neither a compiler of templates (the package's own are compiled by
// build/templates.js) nor, where the configuration is as it was read before, a parser of TOML. A view of plain names needs no
// Unicode tables for their width.

/** Import -> the functions of it that src/ calls. */
const functions = {
  handlebars: ['create'],
  'toml/lib/parser.js': ['parse'],
  'toml/lib/compiler.js': ['compile'],
  'string-width': ['default'],
};

/** @param root of the checkout, where node_modules is */
export function lazyPackages(root) {
  return {
    name: 'lazy-packages',
    setup(build) {
      build.onResolve({ filter: /./ }, ({ path, namespace }) =>
        namespace !== 'lazy' && path in functions ? { path, namespace: 'lazy' } : undefined,
      );
      // Handlebars asks for it to say where a line of a template came from, which nobody reads here; as in browsers, it goes
      // without where there is none. A twentieth of the package.
      build.onLoad({ filter: /\/node_modules\/source-map\/source-map\.js$/ }, () => ({ contents: '' }));
      build.onLoad({ filter: /./, namespace: 'lazy' }, ({ path }) => ({
        contents: functions[path]
          .map((name) => {
            // What is imported as default from a CommonJS module is the module itself.
            const place = name === 'default' ? 'module.exports' : `exports.${name}`;
            return `${place} = (...args) => require(${JSON.stringify(path)}).${name}(...args);\n`;
          })
          .join(''),
        resolveDir: root,
      }));
    },
  };
}

// docs/internals.md's table of what outlives a call.
import { storeFiles } from '../../src/store/files.ts';
import type { StoreFile } from '../../src/store/lasting-files.ts';

const homes = { '/run/virt-shaper/': 'Of this boot, in', '/var/lib/virt-shaper/': 'What outlives it, in' };

export function storeTables(): string {
  return Object.entries(homes)
    .map(([home, title]) => {
      const files = Object.values<StoreFile>(storeFiles).filter(({ path }) => path.startsWith(home));
      const rows = files.map(
        ({ path, what, written, loss }) =>
          `| \`${path.slice(home.length)}\` | ${what} | ${written} | ${loss} |`,
      );
      return [
        `${title} \`${home.slice(0, -1)}\`:\n`,
        '| file | what it says | who writes it, and until when | when it is lost |',
        '| --- | --- | --- | --- |',
        ...rows,
      ].join('\n');
    })
    .join('\n\n');
}

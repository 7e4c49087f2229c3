// A folder in which virt-shaper knows guests of odd names, and a program of that name that shells find first.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('../../dist/virt-shaper.js', import.meta.url));

/** A file of this name is there when a part of a name was run. */
export const trap = 'was-run';
export const odd = [
  'my guest',
  "don't",
  'say "hi"',
  "'quoted'",
  `$(touch ${trap})`,
  `\`touch ${trap}\``,
  `;touch ${trap}`,
  `a|touch ${trap}&`,
  'web:1',
  'web:2',
  'back\\slash',
  'two\\\\slashes\\',
  'star*',
  '[a]?',
  '~root',
  '#hash',
  'häuschen',
  '=eq',
  'k=v',
  '$HOME',
  'wow!!',
  '{x,y}',
  `<b >${trap}`,
  'folder',
  ' blanks  ',
];
/** What no shell can be given, or shown. */
export const unfit = [
  'tab\there',
  'line\nbreak',
  'line\u2028end',
  'left\u202eright',
  '\u001b[31mred',
  'nul\u0000',
];

/** For tests of completion; `end` takes it away. */
export class OddHost {
  readonly root = mkdtempSync(join(tmpdir(), 'virt-shaper-completion-'));

  constructor() {
    // Readline and zsh would put a slash behind a name that they take for a folder's.
    mkdirSync(join(this.root, 'folder'));
    this.load([...odd, ...unfit, '-x']);
    this.write('etc/virt-shaper/config.toml', '[guest.configured]\n[guest."web-*"]\n');
    this.command(`'${process.execPath}' '${program}' --root '${this.root}' "$@"`);
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  }

  /** What shells run for `virt-shaper`. */
  command(line: string): void {
    this.write('bin/virt-shaper', `#!/bin/sh\nexec ${line}\n`, 0o755);
  }

  get path(): string {
    return `${this.root}/bin:${process.env.PATH}`;
  }

  end(): void {
    rmSync(this.root, { recursive: true });
  }

  /** As a load leaves it, as far as names go. */
  private load([unshaped, ...shaped]: string[]): void {
    const tree = { groups: [{ group: { name: 'all of us' }, guests: [] }] };
    const uplink = { ports: [], taps: shaped.map((guest) => ({ guest })), trees: { out: tree, in: tree } };
    const plan = { version: 1, uplinks: [uplink], unshaped: [{ guest: unshaped }], warnings: [] };
    this.write('var/lib/virt-shaper/rules.d/good/.plan.json', JSON.stringify(plan));
  }
}

// Completion at a terminal: each shell gets lines with Tabs in them, as a person types them, and what it then runs
// must be what was meant.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { folder } from '../../../build/completions/completions.ts';
import { OddHost, trap } from '../../../build/completions/odd-host.ts';
import { needsCommand, needsPackage } from '../../support/needs.ts';
import { eventually, Pty } from '../../support/pty.ts';
import { unless } from '../../support/skip.ts';

let host: OddHost;
test.before.each(() => {
  host = new OddHost();
});
test.after.each(() => host.end());

/** Each shell prints what it was given, for the line as typed with its Tabs. */
const typed: [line: string, words: string[]][] = [
  ['virt-shaper expl\t conf\t', ['explain', 'configured']],
  ['virt-shaper explain my\t', ['explain', 'my guest']],
  ['virt-shaper explain don\t', ['explain', "don't"]],
  ["virt-shaper explain 'don\t", ['explain', "don't"]],
  ['virt-shaper explain "say\t', ['explain', 'say "hi"']],
  ['virt-shaper explain \\$\\(\t', ['explain', `$(touch ${trap})`]],
  ['virt-shaper explain \\;\t', ['explain', `;touch ${trap}`]],
  ['virt-shaper explain web:1\t', ['explain', 'web:1']],
  ['virt-shaper explain fold\t', ['explain', 'folder']],
  ['virt-shaper explain back\t', ['explain', 'back\\slash']],
  ['virt-shaper status all\t', ['status', 'all of us']],
  ['virt-shaper explain -- -\t', ['explain', '--', '-x']],
  ['virt-shaper load --dr\t', ['load', '--dry-run']],
  ['virt-shaper --config names-of-no\t check', ['--config', 'names-of-nobody', 'check']],
  ['virt-shaper import --from li\t', ['import', '--from', 'libvirt']],
  ['virt-shaper hook q\t folder stop\t', ['hook', 'qemu', 'folder', 'stopped']],
];
const show = `printf '%s\\0' "$@" > "$HOME/given.next"; mv "$HOME/given.next" "$HOME/given"`;
const shells: Record<string, { start: string; command: string[] }> = {
  bash: {
    start: `PS1='> '; . '${folder}virt-shaper.bash'; virt-shaper() { ${show}; }`,
    command: ['bash', '--noprofile', '--rcfile', 'start', '-i'],
  },
  zsh: {
    start: `PS1='> '; fpath=('${folder}' $fpath); autoload -U compinit; compinit -u -D; virt-shaper() { ${show}; }`,
    command: ['env', 'ZDOTDIR=.', 'zsh', '-d', '-i'],
  },
  fish: {
    start: `function fish_prompt; echo '> '; end; source '${folder}virt-shaper.fish'
      function virt-shaper; ${show.replace('"$@"', '$argv')}; end`,
    command: ['fish', '--no-config', '-i', '-C', 'source start'],
  },
};

for (const [shell, { start, command }] of Object.entries(shells)) {
  unless(needsShell(shell))(`${shell}: at a terminal`, async () => {
    const { root } = host;
    host.write('start', `${start}\n`);
    host.write('.zshrc', `${start}\n`);
    host.write('names-of-nobody', '');
    const given = join(root, 'given');
    const pty = new Pty(['env', '-C', root, ...command], {
      columns: 200,
      env: {
        PATH: host.path,
        HOME: root,
        XDG_CONFIG_HOME: root,
        XDG_DATA_HOME: root,
      },
    });
    try {
      await pty.until(/>/);
      for (const [line, words] of typed) {
        rmSync(given, { force: true });
        pty.type(`${line}\n`);
        await eventually(
          () => `an answer to ${JSON.stringify(line)}\n${pty.screen.join('\n')}`,
          () => existsSync(given),
        );
        assert.equal(readFileSync(given, 'utf8').split('\0').slice(0, -1), words, line);
      }
      assert.not.ok(existsSync(join(root, trap)));
      pty.type('exit\n');
      await pty.ended();
    } finally {
      pty.remove();
    }
  });
}

/** Setting up installs no shell that nobody asked for. */
function needsShell(shell: string): string | undefined {
  return needsPackage(shell) ?? needsCommand('script');
}

test.run();

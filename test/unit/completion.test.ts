// Completion, with the shells themselves: what stands in packaging/completions is what the program has today, and
// whatever a guest is called, what Tab inserts is that name again and nothing of it is run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { completions, folder } from '../support/completions/completions.ts';
import { needsCommand } from '../support/needs.ts';
import { eventually, Pty } from '../support/pty.ts';
import { unless } from '../support/skip.ts';

const program = fileURLToPath(new URL('../../dist/virt-shaper.js', import.meta.url));

/** A file of this name is there when a part of a name was run. */
const trap = 'was-run';
const odd = [
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
const unfit = ['tab\there', 'line\nbreak', 'line\u2028end', 'left\u202eright', '\u001b[31mred', 'nul\u0000'];

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-completion-'));
  // Readline and zsh would put a slash behind a name that they take for a folder's.
  mkdirSync(join(root, 'folder'));
  inForce([...odd, ...unfit, '-x']);
  write('etc/virt-shaper/config.toml', '[guest.configured]\n[guest."web-*"]\n');
});
test.after.each(() => rmSync(root, { recursive: true }));

test('the files are what the commands and options of today give', () => {
  for (const [name, text] of completions()) {
    const written = readFileSync(`${folder}${name}`, 'utf8');
    assert.ok(written === text, `${name} is out of date: npm run completions`);
  }
});

test('names of guests and groups, those left out that a line cannot hold', () => {
  assert.equal(names('guests').sort(), [...odd, '-x', 'configured'].sort());
  assert.equal(names('in-force').sort(), [...odd, '-x', 'all of us'].sort());
});

test('nothing is said and the status is 0 when there is nothing, or nothing that can be read', () => {
  const bad = ['{', '[]', '{"version":1,"uplinks":[{}],"unshaped":[],"warnings":[]}', '{"version":99}'];
  for (const text of bad) {
    write('var/lib/virt-shaper/rules.d/good/.plan.json', text);
    assert.equal(names('in-force'), []);
    assert.equal(names('guests'), ['configured'], text);
  }
  write('run/virt-shaper/guests.json', 'damaged');
  write('etc/virt-shaper/config.toml', '[guest');
  assert.equal(names('guests'), []);
  assert.equal(names('everything'), []);
  assert.equal(names('guests', ''), []);
  rmSync(join(root, 'etc'), { recursive: true });
  rmSync(join(root, 'var'), { recursive: true });
  assert.equal(names('guests'), []);
});

const bash = unless(needsCommand('bash'));

bash('bash: commands, options, and what they take', () => {
  fakeProgram();
  assert.equal(inBash('virt-shaper l'), ['load']);
  assert.equal(inBash('virt-shaper --quiet --root /tmp lo'), ['load']);
  assert.equal(inBash('virt-shaper load --d'), ['--dry-run']);
  assert.equal(inBash('virt-shaper check --d'), []);
  assert.equal(inBash('virt-shaper import --from l'), ['libvirt']);
  assert.equal(inBash('virt-shaper import --from=l'), ['libvirt']);
  assert.equal(inBash('virt-shaper load --confirm '), []);
  assert.equal(inBash('virt-shaper hook n'), ['network']);
  assert.equal(inBash('virt-shaper hook qemu --help st'), ['start', 'started', 'stopped']);
  assert.equal(inBash('virt-shaper hook qemu -'), ['-x']);
  assert.equal(
    inBash('virt-shaper explain -'),
    inBash('virt-shaper plan -'),
    'not -x, which would be an option',
  );
  assert.equal(inBash('virt-shaper explain -- -'), ['-x']);
  assert.equal(inBash('virt-shaper explain folder '), [], 'it takes one guest');
  assert.equal(inBash('virt-shaper status folder all'), ['all\\ of\\ us']);
  assert.equal(inBash('virt-shaper names '), []);
});

bash('bash: any name from any part of it, in any quotes, is that name', () => {
  write('names', odd.map((name) => `${name}\n`).join(''));
  const script = fileURLToPath(new URL('../support/completions/every-prefix.bash', import.meta.url));
  const { stdout, stderr, status } = runBash(script, `${folder}virt-shaper.bash`, 'names');
  assert.is(stderr, '');
  assert.equal(stdout.split('\n').slice(0, 9), ['']);
  assert.is(status, 0);
  assert.not.ok(existsSync(join(root, trap)));
});

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
    start: `PS1='> '; . ${folder}virt-shaper.bash; virt-shaper() { ${show}; }`,
    command: ['bash', '--noprofile', '--rcfile', 'start', '-i'],
  },
  zsh: {
    start: `PS1='> '; fpath=(${folder} $fpath); autoload -U compinit; compinit -u -D; virt-shaper() { ${show}; }`,
    command: ['env', 'ZDOTDIR=.', 'zsh', '-d', '-i'],
  },
  fish: {
    start: `function fish_prompt; echo '> '; end; source ${folder}virt-shaper.fish
      function virt-shaper; ${show.replace('"$@"', '$argv')}; end`,
    command: ['fish', '--no-config', '-i', '-C', 'source start'],
  },
};

for (const [shell, { start, command }] of Object.entries(shells)) {
  unless(needsCommand(shell, 'script'))(`${shell}: at a terminal`, async () => {
    realProgram();
    write('start', `${start}\n`);
    write('.zshrc', `${start}\n`);
    write('names-of-nobody', '');
    const given = join(root, 'given');
    const pty = new Pty(['env', '-C', root, ...command], {
      columns: 200,
      env: {
        PATH: `${root}/bin:${process.env.PATH}`,
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

function write(path: string, text: string, mode = 0o644): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}

/** As a load leaves it, as far as names go. */
function inForce(guests: string[]): void {
  const tree = { groups: [{ group: { name: 'all of us' }, guests: [] }] };
  const uplink = { taps: guests.slice(1).map((guest) => ({ guest })), trees: { out: tree, in: tree } };
  const plan = {
    version: 1,
    uplinks: [uplink],
    unshaped: guests.slice(0, 1).map((guest) => ({ guest })),
    warnings: [],
  };
  write('var/lib/virt-shaper/rules.d/good/.plan.json', JSON.stringify(plan));
}

function names(kind: string, below = root): string[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, '--root', below, 'names', kind], {
    encoding: 'utf8',
  });
  assert.is(stderr, '');
  assert.is(status, 0);
  return stdout.split('\n').slice(0, -1);
}

function realProgram(): void {
  write(
    'bin/virt-shaper',
    `#!/bin/sh\nexec '${process.execPath}' '${program}' --root '${root}' "$@"\n`,
    0o755,
  );
}

/** A quick one, that knows names only. */
function fakeProgram(): void {
  write('names', 'folder\nall of us\n-x\n');
  write('bin/virt-shaper', `#!/bin/sh\nexec cat '${root}/names'\n`, 0o755);
}

function runBash(...args: string[]) {
  const env = { PATH: `${root}/bin:${process.env.PATH}`, LC_ALL: 'C.UTF-8' };
  return spawnSync('bash', ['--norc', ...args], { encoding: 'utf8', cwd: root, env });
}

/** What it offers for a line with the cursor at its end. */
function inBash(line: string): string[] {
  const script = `. '${folder}virt-shaper.bash'
    COMP_LINE=$1 COMP_POINT=\${#1}
    _virt_shaper
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = runBash('-c', script, 'bash', line);
  assert.is(stderr, '', line);
  return stdout.split('\n').filter(Boolean);
}

test.run();

// Files -> Config. What is said about wrong files is in test/golden/check; here is what right ones mean.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkHost } from '../../../src/config/check/host.ts';
import type { GuestEntry } from '../../../src/config/config.ts';
import { escapeName } from '../../../src/config/pattern.ts';
import { type ReadConfig, readConfig } from '../../../src/config/read-config.ts';
import { formatProblem } from '../../../src/report/problems.ts';
import { ConfigError, type Problem } from '../../../src/system/errors.ts';

const test = suite('config', { root: '' });
test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), 'virt-shaper-config-'));
});
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

const file = '/etc/virt-shaper/config.toml';

/** Files by their names below /etc/virt-shaper. */
function write(root: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, dirname(file), name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

function read(root: string, ...contents: string[]): ReadConfig {
  const [main = '', ...dropIns] = contents;
  write(root, {
    'config.toml': main,
    ...Object.fromEntries(dropIns.map((text, i) => [`config.d/${i}.toml`, text])),
  });
  return readConfig({ file, root });
}

function problemsOf(action: () => unknown): Problem[] {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('there is nothing wrong');
}

function guest({ config }: ReadConfig, name: string): GuestEntry {
  const entry = config.guests.find((entry) => entry.name === name);
  if (!entry) throw new Error(`no guest ${name}`);
  return entry;
}

test('an empty file is the built-in defaults', ({ root }) => {
  const { config, warnings, files } = read(root, '');
  assert.equal(config, {
    defaults: {
      rate: { out: { value: 100e6 }, in: { value: 100e6 } },
      ceil: { out: { value: 1e9 }, in: { value: 1e9 } },
      unlisted: 'ignore',
      oversubscribed: 'scale',
      metadata: false,
    },
    limited: { local: false, pps: false, storm: false },
    markBase: 0x76730000,
    reflect: true,
    hook: { onFailure: 'allow' },
    uplinks: [],
    groups: [],
    guests: [],
  });
  assert.equal(warnings, []);
  assert.equal(files, [file]);
});

test('every key of every table', ({ root }) => {
  const { config } = read(
    root,
    `[defaults]
unlisted = "shape"
oversubscribed = "refuse"
[marks]
base = 0x10000
[hook]
on_failure = "refuse"
[uplink.eth0]
bridge = "br0"
ceil = "1gbit"
burst = "64k"
cburst = { out = "32k", in = 1600 }
quantum = 15000
unmarked = { rate = "10mbit", ceil = "50mbit", id = 0x333, burst = "16k", cburst = "16k", quantum = 3000 }
[group.friends]
ceil = "30mbit"
id = 0x100
on.eth0 = { ceil = "20mbit", burst = "16k", cburst = "16k", quantum = "2k" }
[guest.cliff]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
id = 0x10
burst = "16k"
cburst = "16k"
quantum = 1500
on.eth0 = { group = "friends", rate = "5mbit", ceil = "6mbit", burst = "8k", cburst = "8k", quantum = 1500 }
`,
  );
  const [uplink] = config.uplinks;
  const [group] = config.groups;
  const [cliff] = config.guests;
  assert.is(config.markBase, 0x10000);
  assert.is(config.hook.onFailure, 'refuse');
  assert.equal([config.defaults.unlisted, config.defaults.oversubscribed], ['shape', 'refuse']);
  assert.equal(uplink?.bridges, [{ value: 'br0', at: { file, line: 9, column: 10 } }]);
  assert.equal([uplink?.cburst?.out.value, uplink?.cburst?.in.value], [32768, 1600]);
  assert.equal([uplink?.unmarked.id?.value, uplink?.unmarked.rate?.in.value], [0x333, 10e6]);
  assert.equal(group?.on.get('eth0')?.quantum?.value, 2048);
  assert.equal(cliff?.at, { file, line: 19, column: 8 });
  assert.equal(cliff?.id, { value: 0x10, at: { file, line: 23, column: 6 } });
  assert.equal(Object.keys(cliff ?? {}).sort(), [
    ...['at', 'burst', 'cburst', 'ceil', 'group', 'id', 'name', 'on', 'pattern', 'quantum', 'rate'],
  ]);
  assert.equal(cliff?.on.get('eth0')?.rate?.out, { value: 5e6, at: { file, line: 27, column: 39 } });
});

test('a direction that is not written keeps what would apply without it', ({ root }) => {
  const result = read(
    root,
    `[defaults]
rate = { in = "7mbit" }
[guest.cliff]
rate = { out = "1mbit" }
on.eth1.rate = { in = "2mbit" }
on.eth1.ceil = { in = "3mbit" }
`,
  );
  const cliff = guest(result, 'cliff');
  const on = cliff.on.get('eth1');
  assert.equal(result.config.defaults.rate.out, { value: 100e6 });
  assert.equal([cliff.rate?.out.value, cliff.rate?.in.value], [1e6, 7e6]);
  assert.equal([on?.rate?.out.value, on?.rate?.in.value], [1e6, 2e6]);
  assert.equal([on?.ceil?.out.value, on?.ceil?.in.value], [1e9, 3e6]);
});

test('a later file overrides single keys, adds entries, and is the place of what it says', ({ root }) => {
  const result = read(
    root,
    '[guest.cliff]\nrate = "1mbit"\nceil = "10mbit"\n',
    '[guest.cliff]\nceil = { out = "20mbit" }\n[guest.rob]\n',
    '[guest]\ncliff.rate = "2mbit"\n',
  );
  const cliff = guest(result, 'cliff');
  assert.equal(result.files, [file, '/etc/virt-shaper/config.d/0.toml', '/etc/virt-shaper/config.d/1.toml']);
  assert.is(cliff.at.file, file);
  assert.equal(cliff.rate?.in, {
    value: 2e6,
    at: { file: '/etc/virt-shaper/config.d/1.toml', line: 2, column: 14 },
  });
  assert.equal([cliff.ceil?.out.value, cliff.ceil?.in.value], [20e6, 10e6]);
  assert.is(guest(result, 'rob').rate, undefined);
});

test('files of config.d apply in byte order, and only *.toml', ({ root }) => {
  const ceil = (mbit: number) => `[guest.a]\nceil = "${mbit}mbit"\n`;
  write(root, {
    'config.toml': '',
    'config.d/b.toml': ceil(2),
    'config.d/B.toml': ceil(1),
    'config.d/é.toml': ceil(3),
    'config.d/.z.toml': ceil(4),
    'config.d/z.toml~': ceil(5),
    'config.d/z.conf': ceil(6),
  });
  const result = readConfig({ file, root });
  assert.equal(
    result.files.slice(1).map((name) => name.replace(/.*\//, '')),
    ['B.toml', 'b.toml', 'é.toml'],
  );
  assert.is(guest(result, 'a').ceil?.out.value, 3e6);
});

test('lists are in name order, whatever the order in the file', ({ root }) => {
  const { config } = read(root, '[guest.c]\n[guest.a]\n[guest.b]\n[guest.a.on.eth1]\n[guest.a.on.eth0]\n');
  assert.equal(
    config.guests.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  assert.equal([...(config.guests[0]?.on.keys() ?? [])], ['eth0', 'eth1']);
});

test('what others can write is refused', ({ root }) => {
  const refused = (name: string) =>
    problemsOf(() => readConfig({ file, root })).map(({ message }) => message.startsWith(name));
  write(root, { 'config.toml': '', 'config.d/a.toml': '' });
  const main = join(root, file);
  const folder = join(root, '/etc/virt-shaper/config.d');

  chmodSync(main, 0o646);
  assert.equal(refused(`${file}: refused`), [true]);
  chmodSync(main, 0o644);

  chmodSync(folder, 0o777);
  assert.equal(refused('/etc/virt-shaper/config.d: refused'), [true]);
  chmodSync(folder, 0o755);

  if (process.getuid?.() !== 0) {
    console.error('SKIP: the owner of a file can only be changed by root');
    return;
  }
  chownSync(main, 65534, 0);
  assert.equal(refused(`${file}: refused`), [true]);
  chownSync(main, 0, 65534);
  assert.ok(readConfig({ file, root }));
  chmodSync(main, 0o664);
  assert.equal(refused(`${file}: refused`), [true]);
  chownSync(main, 0, 0);
  assert.ok(readConfig({ file, root }));
});

test('a main file that is a folder, and a config.d that is none', ({ root }) => {
  mkdirSync(join(root, file), { recursive: true });
  write(root, { 'config.d': '' });
  assert.equal(
    problemsOf(() => readConfig({ file, root })).map(({ message }) => message),
    ['/etc/virt-shaper/config.d: is not a folder', `${file}: is not a regular file`],
  );
});

test('devices that the host does not have are warned about', ({ root }) => {
  const { config } = read(
    root,
    '[uplink.eth0]\nbridge = "br9"\n[uplink.eth1]\n[guest.a.on.eno7]\n[guest.b.on.eth1]\n',
  );
  assert.equal(checkHost(config, new Set(['eth1', 'eno1', 'br0'])).map(formatProblem), [
    `${file}:1:9: warning: uplink.eth0: this host has no network device eth0 (did you mean eth1?)\n` +
      '      what is written for it takes effect when the device is there',
    `${file}:2:10: warning: uplink.eth0.bridge: this host has no network device br9 (did you mean br0?)\n` +
      '      what is written for it takes effect when the device is there',
    `${file}:4:13: warning: guest.a.on.eno7: this host has no network device eno7 (did you mean eno1?)\n` +
      '      what is written for it takes effect when the device is there',
  ]);
  assert.equal(checkHost(config, ['eth0', 'eth1', 'br9', 'eno7']), []);
});

/** A character that a guest's name may hold: all but "/" and control characters. */
const character = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  fc.constantFrom(...'"\'\\*?$() -.#[]='),
);
const guestName = fc
  .array(character, { minLength: 1, maxLength: 20 })
  .map((characters) => characters.join(''))
  .filter((name) => !/[\p{Cc}\p{Cs}/]|^\.{1,2}$/u.test(name));

test('any name that libvirt accepts can be a guest', ({ root }) => {
  const names = fc.uniqueArray(fc.oneof(guestName, fc.constantFrom('__proto__', 'constructor', 'toString')));
  fc.assert(
    fc.property(names, (names) => {
      const result = read(
        root,
        names.map((name) => `[guest.${JSON.stringify(escapeName(name))}]\n`).join(''),
      );
      assert.equal(result.config.guests.map(({ name }) => name).sort(), [...names].sort());
      assert.ok(result.config.guests.every(({ pattern }) => !pattern));
    }),
  );
  assert.is(({} as Record<string, unknown>).rate, undefined);
});

test('any bytes are a configuration or a ConfigError', ({ root }) => {
  const words =
    '[ ] { } = . , # " \' """ \n \r\n \\ guest group uplink on rate ceil id "1mbit" 5 0x10 true é \ufeff'.split(
      ' ',
    );
  const soup = fc.array(fc.constantFrom(...words)).map((parts) => Buffer.from(parts.join('')));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), soup), (bytes) => {
      write(root, { 'config.toml': bytes, 'config.d/a.toml': '[group.a]\nceil = "1gbit"\n' });
      try {
        readConfig({ file, root });
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        const text = error.problems.map(formatProblem).join('\n');
        assert.not.match(text.replace(/[\n\t]/g, ''), /\p{Cc}/u);
      }
    }),
    { numRuns: 500 },
  );
});

test.run();

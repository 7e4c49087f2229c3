// What --json prints is what docs/output.md says: one object with a version, no field that the page does not name, and
// one shape of a guest and a class whichever command prints them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const page = readFileSync(fileURLToPath(new URL('../../docs/output.md', import.meta.url)), 'utf8');
const words = (text: string) => new Set([...text.matchAll(/`([\w ]+)`/g)].map(([, word = '']) => word));

const config = `[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest.cliff]
group = "friends"
ceil = "20mbit"
[guest.rob]
ceil = "20mbit"
`;

let host: TestHost;
test.before(() => {
  host = new TestHost(config).bridge('br0', 'eth0').tap('vnet0').tap('vnet1').tap('vnet2');
  for (const [guest, tap] of [
    ['cliff', 'vnet0'],
    ['rob', 'vnet1'],
    ['bob', 'vnet2'],
  ] as const) {
    assert.is(host.hook(guest, 'start', { [tap]: 'br0' }).status, 0);
  }
});
test.after(() => host.end());

type Data = Record<string, unknown>;

function dataOf(command: string): Data {
  const { stdout } = host.run([...command.split(' '), '--json']);
  return JSON.parse(stdout) as Data;
}

const commands = [
  'plan',
  'verify',
  'status',
  'tree',
  'top',
  'check',
  'doctor',
  'hooks status',
  'explain cliff',
];

for (const command of commands) {
  test(`${command}: an object with a version, whose fields are all written`, () => {
    const { version, ...data } = dataOf(command);
    assert.is(version, 1);
    const name = command.replace(' cliff', '');
    const row = page
      .split('\n')
      .find((line) => line.startsWith('| `') && line.split('|')[1]?.includes(`\`${name}\``));
    assert.ok(row, `docs/output.md has no row for ${name}`);
    for (const key of Object.keys(data)) assert.ok(words(row ?? '').has(key), `${name}: ${key}`);
  });
}

test('a guest and a class have one shape, and their states one spelling', () => {
  const named = words(page);
  const shapes = new Map<string, Set<string>>();
  for (const command of ['status', 'top', 'check']) {
    for (const guest of dataOf(command).guests as Data[]) {
      for (const key of Object.keys(guest)) assert.ok(named.has(key), `${command}: guests[].${key}`);
      for (const way of ['out', 'in']) {
        const keys = Object.keys((guest[way] ?? {}) as Data);
        for (const key of keys) assert.ok(named.has(key), `${command}: guests[].${way}.${key}`);
        if (keys.length > 0) shapes.set(command, new Set(keys));
      }
    }
  }
  for (const keys of shapes.values()) for (const key of ['rate', 'ceil']) assert.ok(keys.has(key));
  const states = (command: string) =>
    Object.fromEntries((dataOf(command).guests as Data[]).map(({ guest, state }) => [guest, state]));
  const expected = { cliff: 'shaped', rob: 'shaped', bob: 'left out' };
  assert.equal(states('status'), expected);
  assert.equal(states('top'), expected);
  assert.is(dataOf('explain bob').state, 'left out');
  assert.match(host.run(['status']).stdout, /^bob .* left out$/m);
  assert.match(host.run(['metrics']).stdout, 'virt_shaper_guests{state="left out"} 1');
  const inner = dataOf('tree').uplinks as { out: { groups: Data[]; guests: Data[]; unmarked: Data } }[];
  const [{ out } = { out: undefined }] = inner;
  assert.is(out?.groups[0]?.group, 'friends');
  assert.is(out?.guests[0]?.guest, 'rob');
  for (const key of Object.keys(out?.unmarked ?? {})) assert.ok(named.has(key), key);
});

test.run();

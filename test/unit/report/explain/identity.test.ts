// Who a guest is by explain: its entry, its id, its NICs, its volumes and its lines, each in its exact words.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { explainText } from '../../../../src/report/explain/text.ts';
import { textOf } from '../../../../src/text/spans.ts';
import { formatMinute } from '../../../../src/units/clock.ts';
import { at, explanation, nic } from './made.ts';

const said = (change: object = {}) =>
  explainText(explanation(change), '/etc/virt-shaper').map((line) => textOf(line).trimEnd());
/** What is said of who it is. */
const identity = (change: object = {}) => {
  const lines = said({ uplinks: [], ...change });
  return lines.slice(lines.indexOf('') + 1);
};

test('who it is: its entry, those that lost, its metadata, its id, each NIC', () => {
  assert.equal(identity().slice(0, 1), ['  entry     [guest.cliff]  config.toml:7:1, its own name']);
  assert.equal(identity({ match: { lost: [] } })[0], '  entry     none in the configuration');
  const entry = { header: '[guest."c*"]', pattern: true, at };
  const lost = [
    { header: '[guest."*"]', pattern: true, at: { ...at, file: '/other.toml' }, why: 'it is shorter' },
  ];
  assert.equal(identity({ match: { entry, lost } }).slice(0, 2), [
    '  entry     [guest."c*"]  config.toml:7:1, a pattern that fits its name',
    '            not [guest."*"]  /other.toml:7:1: it is shorter',
  ]);
  const metadata = (accepted: boolean) => identity({ metadata: { accepted } })[1];
  assert.is(metadata(true), "  metadata  in the guest's XML  counts where its entry is silent");
  assert.is(metadata(false), "  metadata  in the guest's XML  not accepted: [defaults] metadata = false");
  const id = (more: object, marks?: number[]) =>
    identity({ id: { value: 0x1f, ...more }, ...(marks ? { marks } : {}) })[1];
  assert.is(id({ from: 'drawn' }, [0x7673001f]), '  id        0x1f, mark 0x7673001f  drawn from its name');
  assert.is(
    id({ from: 'entry', at }, [0x7673001f, 0x7674001f]),
    '  id        0x1f, mark 0x7673001f or 0x7674001f  config.toml:7:1',
  );
  assert.is(id({ from: 'entry' }, [0x7673001f]), '  id        0x1f, mark 0x7673001f');
});

test('each NIC: where it is, what it is behind, or why it is not shaped', () => {
  const nics = (...list: object[]) => identity({ state: 'shaped', nics: list }).slice(1);
  assert.equal(
    nics(
      nic('vnet0', { bridge: 'br0', uplinks: ['eth0', 'eth1'], mac: '52:54:00:00:00:01' }),
      nic('vnet1', { bridge: 'br 1' }),
      nic('vnet2', {
        reasons: [
          { kind: 'unable', reason: 'a' },
          { kind: 'unable', reason: 'b' },
        ],
      }),
    ),
    [
      '  NICs      vnet0 in br0, behind eth0 and eth1  52:54:00:00:00:01',
      '            vnet1 in "br 1", not shaped',
      '            vnet2, not shaped: a; b',
    ],
  );
  assert.equal(identity({ state: 'stopped', nics: [] }).slice(1), [
    '  NICs      none known; by each uplink it would get, alone:',
  ]);
  assert.equal(identity({ state: 'stopped', nics: [], match: { lost: [] } }).slice(1), []);
  assert.equal(identity({ state: 'shaped', nics: [] }).slice(1), []);
});

test('what is left of its volume, of its group’s, and of its credit', () => {
  const end = Date.UTC(2026, 11, 15);
  const quota = (kind: string, name: string) => ({
    kind,
    name,
    quota: { every: { value: { every: 'month', on: 1 } } },
    begin: 0,
    end,
    volumes: [{ way: 'both', volume: 2e12, used: 1e12 }],
  });
  const credits = [{ guest: 'cliff', way: 'in', volume: 10e9, left: 4.21e9, isOn: true }];
  const allowances = { quotas: [quota('guest', 'cliff'), quota('group', 'a b')], credits };
  const used = `1.00TB of 2tb used a month (50 %), until ${formatMinute(end)}`;
  assert.equal(identity({ allowances }).slice(2), [
    `  volume    ${used}`,
    `  volume    ${used}, of group "a b" together`,
    '  credit    4.21GB of 10gb left in',
  ]);
});

test('its lines in rules.d, side by side', () => {
  const line = (file: string, number: number, text: string) => ({ file, line: number, text });
  const rules = {
    folder: '/var/lib/rules.d',
    rendered: 'same',
    lines: [line('ruleset.nft', 9, 'first'), line('shape.tc', 100, 'second')],
  };
  assert.equal(said({ rules }).slice(-4), [
    '',
    'In /var/lib/rules.d',
    '  ruleset.nft:9  first',
    '  shape.tc:100   second',
  ]);
  assert.not.ok(said().includes('In rules.d'));
});

test.run();

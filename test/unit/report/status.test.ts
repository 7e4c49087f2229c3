// The screens of status and tree: in the width there is, aligned whatever guests are called, the worst said once.
import stringWidth from 'string-width';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeReasons } from '../../../src/report/reasons.ts';
import { reportStatus } from '../../../src/report/status.ts';
import { reportTree } from '../../../src/report/tree.ts';
import { formatAge, formatBytes, formatCount, formatSet, formatSpeed } from '../../../src/text/figures.ts';
import { hostile } from '../../fuzz/names.ts';
import { asked, type MadeGuest, makeInUse } from '../../support/in-use.ts';

const plain = { colours: false };

test('a line for each guest, in words and figures', () => {
  const inUse = makeInUse([{ name: 'cliff', group: 'friends', configured: 20_000_000 }, { name: 'jason' }]);
  assert.is(
    reportStatus(inUse, asked, plain, 7_200_000),
    `2 guests shaped, loaded 2 h ago, as configured
eth0 (br0)  out 1.00mbit of 30mbit (3 %), in 1.00mbit of 30mbit (3 %)

GUEST  GROUP    UPLINK   OUT NOW  OUT RATE  OUT CEIL    IN NOW  IN RATE  IN CEIL  DROPPED  BACKLOG  STATE
cliff  friends  eth0    1.00mbit   ~10mbit    30mbit  1.00mbit  ~10mbit   30mbit       24   6.00kB  shaped
jason  -        eth0    1.00mbit    10mbit    30mbit  1.00mbit   10mbit   30mbit       24   6.00kB  shaped
`,
  );
});

test('the column of groups is there where any guest is in one', () => {
  const head = (...groups: (string | undefined)[]) => {
    const guests = groups.map((group, at) => ({ name: `g${at}`, ...(group ? { group } : {}) }));
    return reportStatus(makeInUse(guests), asked, plain, 7_200_000).match(/^GUEST .*/m)?.[0] ?? '';
  };
  assert.not.match(head(undefined, undefined), 'GROUP');
  assert.match(head('friends', 'friends'), 'GROUP');
  assert.match(head(undefined, 'friends'), 'GROUP');
});

test('the tree', () => {
  const inUse = makeInUse([{ name: 'cliff', group: 'friends', configured: 20_000_000 }, { name: 'jason' }]);
  assert.is(
    reportTree(inUse, plain).split('\n\n')[0],
    `eth0 (br0), sending  CLASS               RATE    CEIL       NOW  OF CEIL              DROPPED  BACKLOG
link                 1:ffff            10mbit  30mbit  1.00mbit      3 %  ╸                12   3.00kB
├─ group friends     1:f000            10mbit  30mbit  1.00mbit      3 %  ╸                12   3.00kB
│  └─ cliff          1:10    10mbit of 20mbit  30mbit  1.00mbit      3 %  ╸                12   3.00kB
├─ jason             1:11              10mbit  30mbit  1.00mbit      3 %  ╸                12   3.00kB
└─ unmarked          1:fffe            10mbit  30mbit  1.00mbit      3 %  ╸                12   3.00kB`,
  );
});

test('an uplink that is a port of no bridge, as for routed guests only, stands by its name', () => {
  const { uplinks, ...rest } = makeInUse([{ name: 'cliff' }]);
  const inUse = { ...rest, uplinks: uplinks.map((uplink) => ({ ...uplink, ports: [] })) };
  assert.match(reportStatus(inUse, asked, plain, 0), /^eth0 {2}out /m);
  assert.match(reportTree(inUse, plain), /^eth0, sending/m);
});

test('below the tree is said what is wrong with a guest in it; of who is not in it only status speaks', () => {
  const odd = [{ guest: 'rob', reason: 'it has no entry', kind: 'unlisted' as const }];
  const inUse = makeInUse([{ name: 'cliff', gone: true }, { name: 'jason' }], odd);
  const end = 'cliff: its tap vnet0 is gone\nvirt-shaper sync --in-force finds where guests run now\n';
  assert.is(reportTree(inUse, plain).split('\n\n').at(-1), end);
  assert.match(reportStatus(inUse, asked, plain, 0), 'rob: it has no entry');
});

test('no line of a table is wider than the screen, and columns stay below each other', () => {
  const names = [...hostile, 'jason', '名前-ウェブ-サーバー', '👩‍👩‍👧‍👦', 'e\u0301'];
  const inUse = makeInUse(names.map((name, at) => ({ name, ...(at % 2 ? { group: 'groups' } : {}) })));
  for (const width of [40, 60, 80, 100, 132, 200]) {
    for (const text of [
      reportTree(inUse, { width, colours: true }),
      reportStatus(inUse, asked, { width, colours: true }, 0),
    ]) {
      const lines = text.split('\n').slice(3);
      for (const line of lines) assert.ok(stringWidth(line) <= width, `${width}: ${line}`);
    }
    const status = reportStatus(inUse, asked, { width, colours: false }, 0).split('\n').slice(3, -1);
    assert.is(
      new Set(status.map((line) => stringWidth(line.replace(/S\w+$|shaped$/, '')))).size,
      1,
      `${width}`,
    );
  }
});

test('colours only where they are wanted', () => {
  const inUse = makeInUse([{ name: 'cliff', gone: true }]);
  const esc = '\u001b';
  assert.not.ok(reportStatus(inUse, asked, plain, 0).includes(esc));
  assert.ok(reportStatus(inUse, asked, { colours: true }, 0).includes(esc));
});

test('a reason that few have is said of each, one that many have once', () => {
  const gone = (count: number) =>
    Array.from({ length: count }, (_, at): MadeGuest => ({ name: `web-${at}`, gone: true }));
  assert.equal(describeReasons(makeInUse(gone(2)).guests), [
    'web-0: its tap vnet0 is gone',
    'web-1: its tap vnet1 is gone',
  ]);
  assert.equal(describeReasons(makeInUse(gone(500)).guests), [
    'web-0, web-1, web-2 and 497 more: their taps are gone',
  ]);
  const odd = [{ guest: '\u001b[2J', reason: 'it has no entry', kind: 'unlisted' as const }];
  assert.equal(describeReasons(makeInUse([], odd).guests), ['"\\u001b[2J": it has no entry']);
});

test('what is in force against what is asked for', () => {
  const inUse = makeInUse([{ name: 'cliff' }]);
  const head = (change: Partial<typeof asked>, table: typeof inUse.table = 'as loaded') =>
    reportStatus({ ...inUse, table }, { ...asked, ...change }, plain, 60_000)
      .split('\n')
      .slice(0, 2);
  assert.is(head({})[0], '1 guest shaped, loaded 60 s ago, as configured');
  assert.equal(head({ configChanged: true }), [
    '1 guest shaped, loaded 60 s ago',
    'the configuration has changed since: virt-shaper apply --dry-run shows what for',
  ]);
  const at = { file: '/etc/virt-shaper/config.toml', line: 6, column: 8 };
  const mistakes = ['no rate', 'no group'].map((message) => ({ severity: 'error' as const, at, message }));
  const cannot =
    'the configuration cannot be used: /etc/virt-shaper/config.toml:6:8: no rate (the first of 2 mistakes): ' +
    'virt-shaper check shows all';
  assert.is(head({ configChanged: true, mistakes })[1], cannot);
  const by = {
    version: 1 as const,
    loads: 1,
    failures: 1,
    last: { at: 0, error: 'config.toml:6:8: no rate' },
  };
  assert.is(head({ configChanged: true, mistakes, history: by })[1], cannot, 'said once');
  assert.is(head({ loaded: false, mistakes })[1], cannot);
  assert.match(head({ rulesChanged: true })[1] ?? '', /^rules\.d is not what is loaded/);
  assert.match(head({}, 'missing')[1] ?? '', /nobody is shaped/);
  const history = { version: 1 as const, loads: 1, failures: 1, last: { at: 0, error: 'tc: no' } };
  assert.is(head({ history })[1], 'the last load failed 60 s ago: tc: no');
  assert.match(reportStatus(inUse, { ...asked, loaded: false }, plain, 0), /^Nothing is loaded/);
});

test('figures', () => {
  assert.equal([0, 0.4, 1, 999, 999.6, 1000, 28_690_000, 999_950_000].map(formatSpeed), [
    ...['0', '0', '1bit', '999bit', '1.00kbit', '1.00kbit', '28.7mbit', '1.00gbit'],
  ]);
  assert.equal([15_000_000, 1_500_000, 12_345_672].map(formatSet), ['15mbit', '1500kbit', '12.3mbit']);
  assert.equal([0, 740, 31_724].map(formatBytes), ['0', '740B', '31.7kB']);
  assert.equal([0, 999_999, 1_230_000].map(formatCount), ['0', '999999', '1.23M']);
  assert.equal([-90_000, -5, 119_000, 120_000, 3 * 86_400_000].map(formatAge), [
    'in 90 s, by a clock that was set back',
    '0 s ago',
    '119 s ago',
    '2 min ago',
    '3 d ago',
  ]);
});

test.run();

// The bounds of each parameter of a queue, from both sides: what is just allowed and what is just not.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readToml } from '../../support/world.ts';

function isTaken(leaf: string): boolean {
  try {
    readToml(`[guest.cliff]\nleaf = { ${leaf} }\n`);
    return true;
  } catch {
    return false;
  }
}

/** The lowest and the highest that is taken; beside them a step further that is not. */
const bounds: Record<string, [least: string, below: string, most: string, above: string]> = {
  'kind = "bfifo", limit': ['1514', '1513', '2147483647', '2147483648'],
  'kind = "fq_codel", interval = "100s", target': ['"100us"', '"99us"', '"10s"', '"10001ms"'],
  'kind = "fq_codel", target = "100us", interval': ['"1ms"', '"999us"', '"100s"', '"100001ms"'],
  'kind = "fq_codel", limit': ['1', '0', '1000000', '1000001'],
  'kind = "fq_codel", flows': ['1', '0', '65536', '65537'],
  'kind = "fq_codel", quantum': ['256', '255', '1048576', '1048577'],
  'kind = "fq_codel", memory_limit': ['65536', '65535', '2147483647', '2147483648'],
  'kind = "sfq", limit': ['2', '1', '130048', '130049'],
  'kind = "sfq", limit = 2, depth': ['1', '0', '127', '128'],
  'kind = "sfq", quantum': ['256', '255', '65536', '65537'],
  'kind = "sfq", perturb': ['"0s"', '"500ms"', '"3600s"', '"3601s"'],
  'kind = "cake", rtt': ['"100us"', '"99us"', '"100s"', '"100001ms"'],
  'kind = "cake", memory_limit': ['65536', '65535', '2147483647', '2147483648'],
};
for (const [what, [least, below, most, above]] of Object.entries(bounds)) {
  test(what, () => {
    assert.equal(
      [below, least, most, above].map((value) => isTaken(`${what} = ${value}`)),
      [false, true, true, false],
    );
  });
}

test('a time may be any number of microseconds, but for perturb; what is wrong reads which are taken', () => {
  const said = (leaf: string) => {
    try {
      readToml(`[guest.cliff]\nleaf = { ${leaf} }\n`);
      return '';
    } catch (error) {
      return (error as Error).message.match(/must be .*/)?.[0];
    }
  };
  assert.is(said('kind = "fq_codel", target = "101us"'), '');
  assert.is(said('kind = "fq_codel", target = "99us"'), 'must be a time from 100us to 10s, not "99us"');
  assert.is(said('kind = "cake", rtt = "1us"'), 'must be a time from 100us to 100s, not "1us"');
  const seconds = 'must be a time from 0s to 3600s in whole seconds';
  assert.is(said('kind = "sfq", perturb = "1001ms"'), `${seconds}, not "1001ms"`);
  assert.is(said('kind = "sfq", perturb = "3601s"'), `${seconds}, not "3601s"`);
  assert.is(said('kind = "bfifo", limit = 5'), 'must be from 1514 to 2147483647 bytes, not 5');
  assert.is(said('kind = "fq_codel", limit = 0'), 'must be a number of packets from 1 to 1000000, not 0');
  assert.is(said('kind = "sfq", limit = 130049'), 'must be a number of packets from 2 to 130048, not 130049');
});

test('the target is below the interval, written or not', () => {
  assert.not(isTaken('kind = "fq_codel", target = "10ms", interval = "10ms"'));
  assert.ok(isTaken('kind = "fq_codel", target = "9999us", interval = "10ms"'));
  assert.not(isTaken('kind = "fq_codel", target = "100ms"'), 'the interval is 100ms where none is written');
  assert.ok(isTaken('kind = "fq_codel", target = "99ms"'));
  assert.ok(isTaken('kind = "fq_codel", interval = "1ms"'));
});

test('the packets of an sfq fit into its flows', () => {
  assert.ok(isTaken('kind = "sfq", limit = 10240, depth = 10'));
  assert.not(isTaken('kind = "sfq", limit = 10241, depth = 10'));
  assert.ok(isTaken('kind = "sfq", limit = 100, depth = 1'));
  assert.ok(isTaken('kind = "sfq", depth = 1'));
});

test('an option of another kind is none of this one', () => {
  for (const [kind, option] of [
    ['bfifo', 'target = "5ms"'],
    ['fq_codel', 'perturb = "10s"'],
    ['sfq', 'rtt = "10ms"'],
    ['cake', 'limit = 1000'],
  ]) {
    assert.not(isTaken(`kind = "${kind}", ${option}`), kind);
  }
});

test.run();

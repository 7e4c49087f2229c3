// The JSON of status and tree: what is there only where there is something to say.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { statusAsData, treeAsData } from '../../../src/report/in-use-data.ts';
import { asked, makeInUse } from '../../support/in-use.ts';

type Data = Record<string, unknown>;
const inUse = makeInUse([{ name: 'cliff', group: 'friends', configured: 20_000_000 }, { name: 'jason' }]);
const status = (change: object, about: object = {}) =>
  statusAsData({ ...inUse, ...change }, { ...asked, ...about }) as Data;

test('the interval in seconds, where speeds are asked for', () => {
  assert.is(status({ interval: 500 }).interval, 0.5);
  const { interval: _, ...without } = inUse;
  assert.not('interval' in (statusAsData(without, asked) as Data));
});

test('the last load, and since when and why it is off', () => {
  const last = (value: object) => status({}, { history: { ...asked.history, last: value } }).lastLoad;
  assert.equal(last({ at: 0 }), { at: '1970-01-01T00:00:00.000Z' });
  assert.equal(last({ at: 0, error: 'no' }), { at: '1970-01-01T00:00:00.000Z', error: 'no' });
  assert.equal(last({}), {});
  assert.is(status({}).unloaded, null);
  assert.equal(status({}, { off: { at: 1000, by: 'alice', why: 'unload' } }).unloaded, {
    since: '1970-01-01T00:00:01.000Z',
    by: 'alice',
    why: 'unload',
  });
});

test('a class: what is configured only where it is scaled, counters only where the kernel has it', () => {
  const { uplinks } = treeAsData(inUse) as unknown as {
    uplinks: { out: { groups: { guests: object[] }[]; guests: object[]; flooded?: object } }[];
  };
  const out = uplinks[0]?.out;
  const [cliff] = out?.groups[0]?.guests ?? [];
  const [jason] = out?.guests ?? [];
  assert.ok(cliff && 'configured' in cliff && 'bytes' in cliff);
  assert.ok(jason && !('configured' in jason));
  assert.not(out && 'flooded' in out);
});

test.run();

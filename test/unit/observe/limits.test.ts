// The drops of limits inside the host, as nft lists the counters of their rules.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { joinLimits, readLimits } from '../../../src/observe/limits.ts';
import type { LimitPlan } from '../../../src/plan/plan.ts';
import type { Run } from '../../../src/system/exec.ts';

const plan = (guest: string, id: string, more: Partial<LimitPlan>): LimitPlan => {
  return { guest, id, mark: 1, devices: ['vnet0'], ...more };
};
const drop = (kind: string, packets: number, bytes: number, rule = 'limit rate over 5/second') =>
  `\t\t${rule} counter packets ${packets} bytes ${bytes} drop comment "ann ${kind}"\n`;
const chain = (name: string, ...rules: string[]) => `\tchain ${name} {\n${rules.join('')}\t}\n\n`;

const listing = `table bridge virt-shaper {
${chain('limit-1a', drop('pps', 3, 300), drop('storm', 1, 60))}${chain('limit-2b', drop('pps', 5, 500))}${chain('forward', drop('pps', 99, 9900))}}
table inet virt-shaper {
${chain('local-1a', drop('local', 7, 700), drop('local', 2, 200), '\t\tcounter packets 8 bytes 8 drop\n')}}
`;

const told = (limits: LimitPlan[], text = listing) =>
  joinLimits(limits, text).map(
    ({ guest, limit, rate, unit, dropped }) =>
      `${guest} ${limit} ${rate} ${unit}: ${dropped.packets} ${dropped.bytes}`,
  );

test('each limit has its rate in its unit, and the drops of all of its own rules', () => {
  const ann = plan('ann', '1a', { local: 1000, pps: { packets: 50, burst: 5 }, storm: 125 });
  assert.equal(told([ann]), [
    'ann local 8000 bits: 9 900',
    'ann pps 50 packets: 3 300',
    'ann storm 1000 bits: 1 60',
  ]);
  assert.equal(told([plan('ann', '1a', { storm: { packets: 9, burst: 1 } })]), ['ann storm 9 packets: 1 60']);
  assert.equal(told([ann, plan('bob', '2b', { pps: { packets: 7, burst: 1 } })]).slice(-1), [
    'bob pps 7 packets: 5 500',
  ]);
  assert.equal(told([plan('cid', '3c', { pps: { packets: 7, burst: 1 } })]), ['cid pps 7 packets: 0 0']);
  assert.equal(told([plan('ann', '1a', {})]), []);
  assert.equal(told([ann], ''), [
    'ann local 8000 bits: 0 0',
    'ann pps 50 packets: 0 0',
    'ann storm 1000 bits: 0 0',
  ]);
});

test('only tables that may have a limit are asked for; one that is not there has dropped nothing', async () => {
  const ask = async (limits?: LimitPlan[], stderr = '') => {
    const asked: string[] = [];
    const run = (async (tool: string, args: string[]) => {
      asked.push([tool, ...args].join(' '));
      const text = listing.slice(args.includes('inet') ? listing.indexOf('table inet') : 0);
      return {
        status: stderr === '' ? 0 : 1,
        stdout: args.includes('inet') ? text : listing.split('table inet')[0],
        stderr,
      };
    }) as unknown as Run;
    const found = await readLimits(run, limits);
    return [asked, found.map(({ dropped }) => dropped.packets)];
  };
  const [bridge, inet] = ['bridge', 'inet'].map((family) => `nft list table ${family} virt-shaper`);
  assert.equal(await ask(), [[], []]);
  assert.equal(await ask([]), [[], []]);
  const pps = plan('ann', '1a', { pps: { packets: 5, burst: 1 } });
  const local = plan('bob', '1a', { local: 5 });
  assert.equal(await ask([pps]), [[bridge], [3]]);
  assert.equal(await ask([pps, local]), [
    [bridge, inet],
    [3, 9],
  ]);
  assert.equal(await ask([pps, local], 'Error: No such file or directory\n'), [
    [bridge, inet],
    [0, 0],
  ]);
  const failed = await ask([pps], 'Operation not permitted\n').catch(({ message }) => message);
  assert.is(failed, 'nft cannot list its counters: Operation not permitted');
});

test.run();

// Running guests that the rules in force do not shape, and what is said of each: by the configuration in force on the host as it is.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunningGuests } from '../../../src/observe/read-running.ts';
import { readUnshaped } from '../../../src/observe/read-unshaped.ts';
import { renewReasons } from '../../../src/observe/unshaped.ts';
import type { Policy, Unshaped } from '../../../src/policy/policy.ts';
import { snapshotText } from '../../../src/store/configuration.ts';
import type { InForce } from '../../../src/store/in-force-plan.ts';
import { writeOff } from '../../../src/store/unloaded.ts';
import { guest, put, rootForEach } from '../../support/observed.ts';

const { root, paths } = rootForEach(test);
const configure = (toml: string) => put(join(root(), 'etc/virt-shaper/config.toml'), toml);

/** @param known `TAP GUEST` of each NIC that is shaped */
function plan(known: string[], unshaped: InForce['unshaped'] = []): InForce {
  const taps = known.map((one) => ({ name: one.split(' ')[0], guest: one.split(' ')[1] }));
  return { version: 1, uplinks: [{ taps }], unshaped, warnings: [] } as unknown as InForce;
}

const run = async () => ({ status: 1, stdout: '', stderr: '' });

async function strays(inForce: InForce, running: Partial<RunningGuests>): Promise<string[]> {
  const all = { guests: [], missing: [], ...running };
  const { strays } = await readUnshaped(run, paths(), inForce, all);
  return strays.map(({ guest, tap, kind, reason, remedy }) =>
    [guest, tap, kind, `${reason}; ${remedy}`].join(' '),
  );
}

test('who is covered is no stray; of another NIC of his, and of others, it is said that no load has seen them', async () => {
  configure('[defaults]\nunlisted = "shape"\n');
  const unknown = (name: string, tap: string, remedy = 'virt-shaper sync --in-force shapes it') =>
    `${name} ${tap} unknown it runs by ${tap}, and no load has seen that: it has no limit; ${remedy}`;
  const guests = [guest('ann', 't0', 't1'), guest('bob', 't2')];
  assert.equal(await strays(plan(['t0 ann', 't1 ann', 't2 bob']), { guests }), []);
  const configured = await strays(plan(['t0 ann', 't2 ann']), { guests });
  assert.equal(
    configured.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['ann t1', 'bob t2'],
  );
  const told = [{ guest: 'bob', kind: 'refused' as const, reason: 'no room' }];
  assert.equal(await strays(plan(['t0 ann', 't1 ann'], told), { guests }), [], 'a reason is known');
  rmSync(join(root(), 'etc'), { recursive: true });
  configure('[guest.ann\n');
  const once = 'once there is a configuration without mistakes: virt-shaper apply';
  assert.equal(await strays(plan(['t0 ann']), { guests }), [
    unknown('ann', 't1', once),
    unknown('bob', 't2', once),
  ]);
});

test('whom the configuration leaves out is not shaped by its word, and of whom it shapes a sync is the remedy', async () => {
  configure('[guest.ann]\n');
  const [bob = '', ...more] = await strays(plan([]), { guests: [guest('bob', 't2')] });
  assert.equal([bob.startsWith('bob t2 unlisted it has no entry in the configuration'), more], [true, []]);
  const two = await strays(plan([]), { guests: [guest('bob', 't2', 't3')] });
  assert.equal(
    two.map((line) => line.split(' ').slice(0, 3).join(' ')),
    ['bob t2 unlisted', 'bob t3 unlisted'],
    'each of its NICs',
  );
});

test('each is left out for a reason of its own, not for that of another', async () => {
  configure('[guest.ann]\n');
  const found = await strays(plan([]), { guests: [guest('bob', 't2'), guest('ann', 't0', 't1')] });
  assert.equal(
    found.map((line) => line.split(';')[0]),
    [
      'bob t2 unlisted it has no entry in the configuration',
      'ann t0 unable there is no such device',
      'ann t1 unable there is no such device',
    ],
  );
});

test('after an unload that is the reason, with the command that loads again', async () => {
  configure('[guest.ann\n');
  const off = () => strays(plan([]), { guests: [guest('ann', 't0')] });
  put(paths().unloaded, '');
  writeOff(paths().unloaded, 'unloaded');
  const reason = 'ann t0 unloaded virt-shaper unload has taken all limits out';
  assert.equal(await off(), [`${reason}; once there is a configuration without mistakes: virt-shaper apply`]);
});

test('a NIC that libvirt lists and the kernel has not is said after the others, where the rules do not cover it', async () => {
  configure('[guest.ann\n');
  const missing = [
    { guest: 'ann', tap: 't8' },
    { guest: 'ann', tap: 't9' },
  ];
  const found = await strays(plan(['t8 ann']), { guests: [guest('bob', 't2')], missing });
  assert.equal(
    found.map((line) => line.split(' ').slice(0, 3).join(' ')),
    ['bob t2 unknown', 'ann t9 tap-missing'],
  );
  assert.equal(
    (await strays(plan(['t8 ann']), { missing })).map((line) => line.split(' ').slice(0, 3).join(' ')),
    ['ann t9 tap-missing'],
  );
  assert.equal(await strays(plan(['t8 ann', 't9 ann']), { missing }), []);
});

const inForce = (toml: string) =>
  put(
    join(paths().rules, 'good/.source.json'),
    snapshotText([{ name: '/etc/virt-shaper/config.toml', text: toml }]),
  );

test('what is saved and not in force shapes nobody yet, and takes nobody out', async () => {
  inForce('[guest.ann]\n');
  configure('[guest.bob]\n');
  const guests = [guest('ann', 't0'), guest('bob', 't1'), guest('cid', 't2')];
  const saved = 'it has no entry in the configuration in force; by the saved one it is to be shaped';
  const [ann = '', ...others] = await strays(plan([]), { guests });
  assert.match(ann, /^ann t0 (unable|unreachable|unknown) /);
  assert.equal(others, [
    'bob t1 unknown it runs by t1, and no load has seen that: it has no limit, and only the saved configuration has an ' +
      'entry for it; virt-shaper apply shapes it',
    'cid t2 unlisted it has no entry in the configuration; undefined',
  ]);
  const told: Unshaped[] = ['bob', 'cid'].map((name) => ({ guest: name, kind: 'unlisted', reason: 'none' }));
  const { unshaped } = await readUnshaped(run, paths(), plan(['t0 ann'], told), { guests, missing: [] });
  assert.equal(
    unshaped.map(({ reason }) => reason),
    [saved, 'none'],
  );
});

test('whom the configuration in force refuses a rate and yet shapes waits for nothing', () => {
  const refused: Unshaped = { guest: 'ann', kind: 'refused', reason: 'no room' };
  /** @param shaped the guests of each uplink */
  const policy = (isRefused: boolean, ...shaped: string[][]) => {
    const uplinks = shaped.map((guests) => ({ guests: guests.map((name) => ({ name })) }));
    return { uplinks, unshaped: isRefused ? [refused] : [], warnings: [] } as unknown as Policy;
  };
  const isWaiting = (loaded: Policy, saved: Policy) => {
    const all = renewReasons([refused], { guests: [], missing: [] }, { loaded, saved }, new Set());
    assert.equal([all.unshaped.length, all.missed], [1, []]);
    return all.unshaped[0]?.reason !== 'no room';
  };
  const free = policy(false, ['bob', 'ann']);
  for (const shaped of [[['bob', 'ann']], [['ann']], [['bob'], ['cid', 'ann']]])
    assert.not(isWaiting(policy(true, ...shaped), free), shaped.join(' and '));
  for (const others of [[], [[]], [['bob']], [['bob'], ['cid']]])
    assert.ok(isWaiting(policy(true, ...others), free), others.join(' and '));
  assert.ok(isWaiting(policy(true), policy(true, ['bob', 'ann'])), 'the saved one refuses only the rate');
  assert.not(isWaiting(policy(true), policy(true, ['bob'])), 'nor by the saved one');
});

/** @param shaped `TAP GUEST UPLINK` of each NIC that the policy would shape now */
function renewed(entry: Partial<Unshaped>, shaped: string[], now: Unshaped[], devices = ['t0']) {
  const all: Unshaped = { guest: 'ann', tap: 't0', kind: 'unable', reason: 'then', ...entry };
  const uplinks = shaped.map((one) => {
    const [tap, name, uplink] = one.split(' ');
    return { name: uplink, guests: [{ name, taps: [{ name: tap }] }] };
  });
  const loaded = { uplinks, unshaped: now, warnings: [] } as unknown as Policy;
  const running = { guests: [guest('ann', 't0')], missing: [{ guest: 'ann', tap: 't9' }] };
  const { unshaped, missed } = renewReasons([all], running, { loaded }, new Set(devices));
  return [...unshaped, ...missed].map(({ tap, kind, reason }) => `${tap} ${kind} ${reason}`);
}

test('a reason of the last load is the one that holds now, or is gone', () => {
  const other: Unshaped = { guest: 'ann', tap: 't0', kind: 'needless', reason: 'now' };
  const gone = (what: string) => [
    `t0 missed what kept the last load from shaping ${what} is gone: it has no limit there until the next sync`,
  ];
  for (const kind of ['unable', 'unreachable', 'needless'] as const) {
    assert.equal(renewed({ kind }, ['t0 ann eth0'], []), gone('t0'), kind);
    assert.equal(renewed({ kind }, [], [other]), ['t0 needless now'], kind);
  }
  assert.equal(renewed({ uplink: 'eth1' }, ['t0 ann eth0', 't0 ann eth1'], []), gone('t0 on eth1'));
  const contested: Unshaped = { ...other, kind: 'contested' };
  assert.equal(renewed({}, ['t0 ann eth0'], [contested]), gone('t0'), 'that is no reason');
  for (const kind of ['unsuited', 'contested', 'refused'] as const) {
    assert.equal(renewed({ kind }, ['t0 ann eth0'], []), [`t0 ${kind} then`], 'not of the host');
  }
  assert.equal(renewed({ guest: 'bob' }, [], []), ['t0 unable then'], 'nobody knows of him');
  assert.equal(renewed({}, [], [], []), ['t0 tap-gone its tap t0 is gone']);
  assert.match(renewed({ tap: 't9' }, [], [], [])[0] ?? '', 't9 tap-missing libvirt says');
});

test.run();

// What the views are made of: which plan is in force while a load runs or its files are gone, two readings for a speed, and
// what is there only where some guest has it. Devices have names that no host has, so that nothing of this host is read.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Nic } from '../../../src/guests/guest.ts';
import { type InUse, readInUse } from '../../../src/observe/read-in-use.ts';
import type { ByteReadings } from '../../../src/observe/use.ts';
import type { ClassPlan, LimitPlan } from '../../../src/plan/plan.ts';
import type { Allowance } from '../../../src/policy/allowances.ts';
import { writeGuests } from '../../../src/store/guests.ts';
import type { InForce } from '../../../src/store/in-force-plan.ts';
import { planFile } from '../../../src/store/in-force-rules.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { writeVolumes } from '../../../src/store/volumes.ts';
import type { Failure } from '../../../src/system/errors.ts';
import type { Run } from '../../../src/system/exec.ts';
import { both } from '../../../src/units/units.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-in-use-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const paths = () => makePaths({ root });

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
}

/** A plan of one guest of this name. */
function planOf(guest: string, more: Partial<InForce> = {}): InForce {
  const trees = both((direction) => {
    const make = (kind: ClassPlan['kind'], name: string, minor: string) => {
      const id = `${direction === 'out' ? 1 : 2}:${minor}`;
      return { kind, name, id, parent: '', rate: 8000, ceil: 8000 } as ClassPlan;
    };
    return {
      direction,
      device: direction === 'out' ? 'nosuch0' : 'ifb-nosuch0',
      root: '1:',
      default: 'fffe',
      link: make('link', 'link', 'ffff'),
      unmarked: make('unmarked', 'unmarked', 'fffe'),
      groups: [],
      guests: [make('guest', guest, '10')],
    };
  });
  const taps = [{ name: 'nosuchtap0', bridge: 'nosuchbr0', guest, mark: 0x76730010, clsact: true }];
  const ports = [{ name: 'nosuch0', bridge: 'nosuchbr0' }];
  const uplinks = [{ name: 'nosuch0', ports, ifb: 'ifb-nosuch0', trees, taps }];
  return { version: 1, uplinks, unshaped: [], warnings: [], ...more };
}

const tableOf = (guest: string) => `table bridge virt-shaper {
	map guests {
		type ifname . ifname : verdict
		elements = { "nosuchtap0" . "nosuch0" : goto out-10 }
	}

	chain out-10 {
		meta mark set 0x76730010 meta priority set 1:10 comment "${guest}"
	}
}
`;

/** As a load leaves it, or as it lays it down before. */
function lay(name: string, plan: InForce | undefined, guest = 'ann'): void {
  const folder = join(paths().rules, name);
  write(join(folder, 'shape.tc'), 'x\n');
  write(join(folder, 'ruleset.nft'), tableOf(guest));
  if (plan) write(join(folder, planFile), JSON.stringify(plan));
}

function load(plan: InForce | undefined): void {
  lay('.good-1', plan);
  symlinkSync('.good-1', join(paths().rules, 'good'));
}

/** A kernel with this table, and a class that passes 1000 bytes from each look to the next. */
function kernel(table = '') {
  const asked: string[] = [];
  let looks = 0;
  const classes = () => {
    looks += 1;
    return `class htb 1:10 root prio 0 rate 8Kbit ceil 8Kbit burst 1b cburst 1b
 Sent ${looks * 1000} bytes 1 pkt (dropped 0, overlimits 0 requeues 0)
 backlog 0b 0p requeues 0
`;
  };
  const run = (async (tool: string, args: string[]) => {
    const line = [tool, ...args].join(' ');
    asked.push(line);
    const isOwn = line === 'nft -s list table bridge virt-shaper' || line === 'nft -s list ruleset';
    const stdout = isOwn ? table : line === 'tc -s class show dev nosuch0' ? classes() : '';
    return { status: 0, stdout, stderr: '' };
  }) as unknown as Run;
  return { asked, run };
}

const look = (before?: ByteReadings | number, table?: string): Promise<InUse> =>
  readInUse(kernel(table).run, paths(), before);

const guestsOf = ({ inForce }: InUse) => inForce.uplinks[0]?.taps.map(({ guest }) => guest);

async function refusal(): Promise<[message: string, hint: string | undefined]> {
  try {
    await look();
    return ['', ''];
  } catch (error) {
    const { message, hint } = error as Failure;
    return [message.replaceAll(paths().rules, 'RULES'), hint];
  }
}

test('nothing loaded is no uplink; what was loaded is there with its guests', async () => {
  const none = await look();
  assert.equal([none.loaded, none.uplinks, none.guests, none.table], [false, [], [], 'as loaded']);
  load(planOf('ann'));
  const some = await look();
  assert.equal([some.loaded, guestsOf(some), some.table], [true, ['ann'], 'missing']);
  assert.equal(
    some.guests.map(({ guest, state }) => `${guest} ${state}`),
    ['ann gone'],
  );
});

test('rules without the plan that names their guests are said, as is a plan that is damaged', async () => {
  load(undefined);
  assert.equal(await refusal(), [
    `RULES/good has no ${planFile}, which names the guests of the rules in force`,
    'virt-shaper sync --in-force writes it',
  ]);
  write(join(paths().rules, 'good', planFile), JSON.stringify({ ...planOf('ann'), uplinks: [] }));
  assert.equal((await look()).uplinks, [], 'a plan of nobody is one');
  write(join(paths().rules, 'good', planFile), '{');
  const [, hint] = await refusal();
  assert.is(hint, 'virt-shaper sync --in-force writes it anew');
});

test('while a load runs, the rules that it lays down are in force from when the kernel leads by them', async () => {
  load(planOf('ann'));
  lay('.good-2', planOf('bob'), 'bob');
  const seen = async (table: string) => guestsOf(await look(undefined, table));
  assert.equal(await seen(tableOf('bob')), ['ann'], 'no load runs: what is left of one is nothing');
  mkdirSync(paths().journal, { recursive: true });
  assert.equal(await seen(tableOf('bob')), ['bob']);
  assert.equal(await seen(tableOf('ann')), ['ann']);
  assert.equal(await seen(''), ['ann']);
  write(join(paths().rules, '.good-2', 'ruleset.nft'), '# for nobody\n');
  assert.equal(await seen(''), ['ann'], 'a table that is not there leads by no rules');
  rmSync(join(paths().rules, '.good-2', 'ruleset.nft'));
  assert.equal(await seen(tableOf('bob')), ['ann']);
});

test('a speed is that between two looks which are as far apart as was asked for', async () => {
  load(planOf('ann'));
  const speed = ({ uplinks }: InUse) => uplinks[0]?.trees.out.guests[0]?.now;
  const one = await look();
  assert.equal([one.interval, speed(one)], [undefined, undefined]);
  const began = performance.now();
  const two = await look(60);
  assert.is(two.interval, 60);
  assert.ok(performance.now() - began >= 55, 'it waits in between');
  assert.ok((speed(two) ?? Number.NaN) > 0);
  const { run } = kernel();
  const former = await readInUse(run, paths());
  await new Promise((done) => setTimeout(done, 5));
  const later = await readInUse(run, paths(), former.uses);
  assert.equal([later.interval, (speed(later) ?? Number.NaN) > 0], [undefined, true]);
});

test('each class is asked for once by each look', async () => {
  load(planOf('ann'));
  const counts = async (before?: number) => {
    const { asked, run } = kernel();
    await readInUse(run, paths(), before);
    const times = (what: string) => asked.filter((line) => line.startsWith(what)).length;
    return [
      times('tc -s class show dev nosuch0'),
      times('tc -s class show dev ifb-nosuch0'),
      times('tc -s qdisc'),
    ];
  };
  assert.equal(await counts(), [1, 1, 1]);
  assert.equal(await counts(1), [2, 2, 1]);
});

test('volumes are read where some guest in force has one', async () => {
  const volume = { both: { value: 100 } };
  const quota = { every: { value: { every: 'day' } }, volume } as unknown as Allowance['quota'];
  const allowances = [{ kind: 'guest', name: 'ann', quota }] as Allowance[];
  const record = { begin: 0, end: 1, used: { out: 1, in: 1 } };
  write(paths().volumes, '');
  writeVolumes(paths().volumes, {
    at: 1,
    quotas: new Map([['guest ann', record]]),
    credits: new Map(),
  } as never);
  load(planOf('ann', { allowances }));
  assert.equal(
    (await look()).allowances.quotas.map(({ name }) => name),
    ['ann'],
  );
});

test('who may forge addresses is named where he is shaped, runs, and has no limit inside the host', async () => {
  const free: Nic = { tap: 'lo' }; // Every host has it, so that they run.
  const guest = (name: string, nic = free) => ({ name, driver: 'qemu' as const, nics: [nic] });
  const filtered: Nic = { ...free, filter: 'clean-traffic' };
  const limit = (guest: string, more: Partial<LimitPlan>): LimitPlan => {
    return { guest, id: '1', mark: 1, devices: ['nosuchtap0'], ...more };
  };
  const two = (limits?: LimitPlan[]) => {
    const plan = planOf('bob', limits ? { limits } : {});
    const [uplink] = plan.uplinks;
    const more = ['ann', 'eve'].flatMap((guest) => uplink?.taps.map((tap) => ({ ...tap, guest })) ?? []);
    uplink?.taps.push(...more);
    return plan;
  };
  const uuids = { name: 'cid', driver: 'qemu' as const, uuid: 'u-1', nics: [free] };
  write(paths().guests, '');
  writeGuests(paths().guests, [guest('bob'), guest('ann'), guest('eve', filtered), uuids]);
  load(two());
  const all = await look();
  assert.equal([all.forgers, [...all.uuids]], [['ann', 'bob'], [['cid', 'u-1']]]);
  write(
    join(paths().rules, 'good', planFile),
    JSON.stringify(two([limit('ann', { local: 5 }), limit('bob', { storm: 5 })])),
  );
  assert.equal((await look()).forgers, ['bob']);
});

test.run();

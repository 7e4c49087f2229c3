// What is to do until libvirt calls our hooks, from what was seen: who knows of ours by now, and words for each way in which
// it does not.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adviseDriver, isNoticed, provenLooks } from '../../../src/hooks/advice.ts';
import type { DriverHooks, HookFile } from '../../../src/hooks/inspect.ts';
import { hasRun } from '../../../src/hooks/look.ts';
import { hooksStatus, reportHooks } from '../../../src/report/hooks.ts';

const path = '/etc/libvirt/hooks/qemu.d/50-virt-shaper';
const single = '/etc/libvirt/hooks/qemu';
const nobody: HookFile = { path: single, whose: 'nobody', text: '', executable: false, since: 0 };
const ours: HookFile = { path, whose: 'ours', text: 'ours', executable: true, since: 100 };
const daemon = { name: 'libvirtd', pid: 7, since: 200 };

type Changes = Omit<Partial<DriverHooks>, 'place'> & { place?: Partial<HookFile> };

function hooks({ place, ...more }: Changes = {}): DriverHooks & { obstacles: [] } {
  const known = { driver: 'qemu', former: nobody, others: [], daemon, hasRun: false, obstacles: [] } as const;
  return { ...known, ...more, place: { ...ours, ...place } } as DriverHooks & { obstacles: [] };
}

const around = { systemd: true, told: new Map<string, number>() };
const noticed = (changes: Changes, told = around.told) => isNoticed(hooks(changes), { ...around, told });

test('a daemon knows what was there when it looked', () => {
  assert.is(noticed({}), true);
  assert.is(noticed({ place: { since: 200 } }), true);
  assert.is(noticed({ place: { since: 201 } }), false);
  assert.is(noticed({ place: { executable: false } }), false);
  const others = [{ path: single, since: 150 }];
  assert.is(noticed({ place: { since: 300 }, others }), true, 'it had a hook of this driver');
  assert.is(noticed({ place: { since: 300 } }, new Map([['libvirtd', 300]])), true, 'told since');
  assert.is(noticed({ place: { since: 300 } }, new Map([['virtqemud', 300]])), false);
  assert.is(isNoticed({ ...hooks(), daemon: undefined } as never, around), undefined, 'none runs');
});

test('a call proves it, one of the daemon before does not', () => {
  assert.is(noticed({ place: { since: 300 }, called: 300 }), true);
  assert.is(noticed({ place: { since: 300 }, called: 200 }), true);
  assert.is(noticed({ place: { since: 300 }, called: 199 }), false);
});

test('a hook that was called though it is younger than its daemon: it was told, for all drivers', () => {
  const looks = (...all: Changes[]) =>
    provenLooks(all.map(hooks), new Map([['libvirtd', 5]])).get('libvirtd');
  assert.is(looks({ place: { since: 300 }, called: 400 }), 400);
  assert.is(looks({ place: { since: 300 }, called: 90_000 }), 10_300, 'what came later it need not know');
  assert.is(looks({ place: { since: 300 }, called: 150 }), 5, 'of the daemon before');
  assert.is(looks({ place: { since: 300 } }), 5);
  for (const since of [100, 200])
    assert.is(looks({ place: { since }, called: 400 }), 5, 'it was there before');
  const first = { place: { since: 300 }, called: 400 };
  assert.is(looks(first, { place: { since: 350 }, called: 500 }), 500);
  assert.is(looks({ ...first, others: [{ path: single, since: 150 }] }), 5);
});

test('a hook that has begun Node.js proves that its daemon may, and no other', () => {
  const proves = (changes: Changes, other: DriverHooks['daemon'] = daemon) =>
    hasRun(hooks({ hasRun: true, called: 200, ...changes }), { daemon: other });
  assert.is(proves({}), true);
  assert.is(proves({ hasRun: false }), false);
  assert.is(proves({ called: 199 }), false, 'called by the daemon before');
  assert.is(proves({}, { ...daemon, pid: 8 }), false, 'of another daemon');
  assert.is(hasRun(hooks({ hasRun: true }), { daemon }), false, 'not called');
  const { daemon: _daemon, ...none } = hooks({ hasRun: true, called: 200 });
  assert.is(hasRun(none, {}), false, 'none runs');
});

const advice = (changes: Changes, wanted: string | undefined = 'ours', systemd = true) =>
  adviseDriver(hooks(changes), wanted, { ...around, systemd });

test('nothing to do', () => {
  assert.equal(advice({}), []);
  const other = hooks({ place: { text: 'other' } });
  assert.equal(adviseDriver(other, undefined, around), [], 'nobody knows what would be installed');
});

test('each state of ours', () => {
  const install = 'virt-shaper hooks install';
  const cases: [Partial<HookFile>, string][] = [
    [{ whose: 'nobody' }, install],
    [{ whose: 'damaged' }, install],
    [{ whose: 'foreign' }, `${path} is not of virt-shaper: ${install} says what to do`],
    [
      { whose: 'edited' },
      `${path} was edited since it was installed; for the original: rm ${path}; ${install}`,
    ],
    [{ executable: false }, `${path} is not executable, so libvirt does not run it: ${install}`],
    [{ text: 'other' }, `${path} runs another program, or with other options: ${install}`],
  ];
  for (const [place, words] of cases) assert.equal(advice({ place }), [words]);
});

test('what else libvirt runs: backups, ours of another age, what Linux cannot run', () => {
  for (const name of [
    'qemu~',
    '.qemu.swp',
    '#qemu#',
    'qemu.bak',
    'qemu.OLD',
    'qemu.dpkg-dist',
    'qemu.rpmnew',
  ]) {
    const [words = '', ...more] = advice({ others: [{ path: `/hooks/${name}`, since: 1 }] });
    assert.ok(
      words.includes(`/hooks/${name}`) && words.endsWith('which looks like a backup: chmod a-x it'),
      name,
    );
    assert.equal(more, []);
  }
  for (const name of ['qemu', '60-mine', 'backup', 'x.sh'])
    assert.equal(advice({ others: [{ path: `/hooks/${name}`, since: 1 }] }), [], name);
  assert.equal(advice({ former: { ...ours, path: single } }), [
    `${single} is ours too: virt-shaper hooks install`,
  ]);
  assert.equal(advice({ former: { ...ours, path: single, whose: 'edited' } }), []);
  assert.equal(advice({ others: [{ path: single, since: 1, broken: 'x has no interpreter' }] }), [
    `x has no interpreter, so libvirt starts no guest: chmod a-x ${single}`,
  ]);
  // Of a damaged one of ours it is enough to install it.
  assert.equal(advice({ place: { whose: 'damaged', broken: 'x is empty' } }), ['virt-shaper hooks install']);
});

test('a daemon that does not know of it is told, with or without systemd', () => {
  const late = { place: { since: 300 } };
  const words = 'libvirtd looks for its first hooks only when it starts or is told to';
  assert.equal(advice(late), [`${words}: systemctl reload libvirtd`]);
  assert.equal(advice(late, 'ours', false), [`${words}: kill -HUP 7, unless that is done`]);
  assert.equal(advice({ place: { since: 300, executable: false } }).length, 1, 'one thing at a time');
});

test('obstacles come first, and then it is installed', () => {
  const obstacles = [{ why: 'no /usr', todo: ['mount /usr', 'restart'] }];
  const found = { ...hooks(), obstacles } as unknown as Parameters<typeof adviseDriver>[0];
  assert.equal(adviseDriver(found, 'ours', around), ['mount /usr', 'restart', 'virt-shaper hooks install']);
  const one = { ...found, obstacles: [{ why: 'no /usr', todo: ['mount /usr'] }] } as typeof found;
  assert.equal(adviseDriver(one, 'ours', around), ['mount /usr', 'virt-shaper hooks install']);
});

const status = (changes: Changes) => hooksStatus(hooks(changes), 'ours', around);

test('as status has it', () => {
  const {
    state,
    noticed: knows,
    daemon: who,
    others,
    todo,
  } = status({ others: [{ path: single, since: 1 }] });
  assert.equal([state, knows, who, others, todo], ['ours', true, { name: 'libvirtd', pid: 7 }, [single], []]);
  assert.equal(
    [status({ place: { executable: false } }).state, status({ place: { executable: false } }).noticed],
    ['not executable', false],
  );
  assert.is(status({ place: { whose: 'foreign' } }).noticed, false);
  const none = hooksStatus({ ...hooks(), daemon: undefined } as never, 'ours', around);
  assert.equal([none.noticed, none.daemon], [null, null]);
});

test('in lines: a driver’s name once, what is to do once for all', () => {
  const late = status({ place: { since: 300 } });
  const other = { ...late, driver: 'lxc', file: '/hooks/lxc' };
  const [todo = ''] = late.todo;
  assert.is(
    reportHooks([late, other]),
    `qemu     installed: ${path}\n         libvirtd (7) may not have noticed it\n         to do: ${todo}\n` +
      'lxc      installed: /hooks/lxc\n         libvirtd (7) may not have noticed it\n',
  );
  const blocked = { ...late, todo: [], obstacles: ['no shell'] };
  assert.match(reportHooks([blocked]), 'libvirt cannot run it, so no guest starts: no shell');
  assert.match(
    reportHooks([{ ...blocked, state: 'nobody' }]),
    /not installed: .*\n +libvirt could not run it: no shell\n/,
  );
  assert.match(reportHooks([status({ others: [{ path: single, since: 1 }] })]), `runs too: ${single}`);
});

test.run();

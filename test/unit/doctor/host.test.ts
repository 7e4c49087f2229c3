// Doctor's judgements of the host, each from facts made up for it: tools, kernel, libvirt, units. How the facts
// are read is for the tests on a real kernel.
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Attempt, Finding } from '../../../src/doctor/finding.ts';
import { checkKernel, type KernelFacts } from '../../../src/doctor/kernel.ts';
import { checkLibvirt, type HookFacts, type LibvirtFacts } from '../../../src/doctor/libvirt.ts';
import { checkServices, cronLine, type ServiceFacts, type UnitFacts } from '../../../src/doctor/services.ts';
import { checkTools, type ToolFacts } from '../../../src/doctor/tools.ts';
import { line, named, wrong } from '../../support/findings.ts';

const tools: ToolFacts = {
  uid: 0,
  lackingRights: [],
  node: '20.19.2',
  tools: new Map<string, Attempt<string>>([
    ['nft', { value: 'nftables v1.1.3 (Commodore Bullmoose #4)\n' }],
    ['tc', { value: 'tc utility, iproute2-6.15.0, libbpf 1.5.0\n' }],
    ['ip', { value: 'ip utility, iproute2-ss200127\n' }],
    ['logger', { value: 'logger from util-linux 2.41\n' }],
  ]),
};

test('tools are there with their versions', () => {
  const findings = checkTools(tools);
  assert.equal(findings.map(line), [
    'ok user: root',
    'ok Node.js: 20.19.2',
    'ok nft: 1.1.3',
    'ok tc: iproute2 6.15.0',
    'ok ip: iproute2 200127',
    'ok logger: 2.41',
  ]);
});

test('a tool that is missing is a problem, and says what does not work; logger is a warning', () => {
  const gone = { failed: 'nft is not installed', hint: 'install the package nftables' };
  const findings = checkTools({
    ...tools,
    tools: new Map<string, Attempt<string>>([
      ['nft', gone],
      ['logger', { failed: 'logger is not installed' }],
    ]),
  });
  assert.equal(wrong(findings), [
    'problem nft: nft is not installed: no guest can be shaped',
    'warning logger: logger is not installed: what the hook has to say reaches no log',
  ]);
  assert.is(named(findings, 'tool.nft').hint, 'install the package nftables');
  const busybox = new Map([['tc', { value: 'BusyBox v1.36.1 multi-call binary.\n' }]]);
  assert.match(wrong(checkTools({ ...tools, tools: busybox }))[0] ?? '', "problem tc: this is BusyBox's");
});

test('who runs it, and by which Node.js', () => {
  assert.match(wrong(checkTools({ ...tools, uid: 1000 }))[0] ?? '', 'problem user: not root (uid 1000)');
  const container = checkTools({ ...tools, lackingRights: ['CAP_NET_ADMIN'] });
  assert.equal(wrong(container), ['problem user: root, but without CAP_NET_ADMIN']);
  for (const node of ['18.12.1', '16.20.2'])
    assert.equal(wrong(checkTools({ ...tools, node })), [`problem Node.js: ${node}`]);
  for (const node of ['18.13.0', '18.20.4', '26.0.0'])
    assert.equal(wrong(checkTools({ ...tools, node })), []);
});

const kernel: KernelFacts = {
  release: '6.12.1',
  modulesThere: true,
  lacking: { value: new Set() },
  chosen: { value: { leaf: 'fq_codel', redirect: 'fw' } },
  cache: '/run/virt-shaper/kernel.json',
  bridgeTable: { value: undefined },
  hasBpftool: true,
};

function kernelWithout(...modules: string[]): Finding[] {
  return checkKernel({ ...kernel, lacking: { value: new Set(modules) } });
}

test('a kernel that has it all', () => {
  const findings = checkKernel(kernel);
  assert.equal(wrong(findings), []);
  assert.is(named(findings, 'kernel.redirect').detail, 'fw filters (cls_fw)');
  assert.is(named(findings, 'kernel.leaf').detail, 'fq_codel');
});

test('a kernel that has tcx, with and without the tool that shows it: told, and no warning', () => {
  const tcx = (release: string, hasBpftool: boolean) =>
    checkKernel({ ...kernel, release, hasBpftool }).find(({ check }) => check === 'kernel.tcx');
  for (const release of ['5.15.0-91-generic', '6.5.13', '6.1.0-18-amd64']) assert.not(tcx(release, false));
  for (const release of ['6.6.0', '6.12.1', '7.0.0-rc1']) {
    assert.match(tcx(release, false)?.detail ?? '', 'not seen: bpftool is not installed');
    assert.match(tcx(release, true)?.detail ?? '', 'seen by bpftool');
    for (const has of [true, false]) assert.is(tcx(release, has)?.level, 'ok');
  }
});

test('each part that a kernel lacks: what nothing stands in for is a problem', () => {
  for (const module of ['sch_htb', 'sch_ingress', 'act_mirred', 'ifb']) {
    const [first = '', ...more] = wrong(kernelWithout(module));
    assert.match(first, new RegExp(`^problem .*this kernel has no ${module}`));
    assert.equal(more, []);
  }
  assert.equal(wrong(kernelWithout('cls_fw')), [], 'bpf does the same');
  assert.match(named(kernelWithout('cls_fw'), 'kernel.redirect').detail, 'bpf filters');
  assert.equal(wrong(kernelWithout('cls_fw', 'cls_bpf')), [], 'and so does u32');
  assert.match(named(kernelWithout('cls_fw', 'cls_bpf'), 'kernel.redirect').detail, 'u32 filters');
  const none = named(kernelWithout('cls_fw', 'cls_bpf', 'cls_u32_mark'), 'kernel.redirect');
  assert.is(none.level, 'problem');
  assert.match(none.detail, 'nor marks in cls_u32');
  const lesser = named(kernelWithout('sch_cake', 'sch_sfq'), 'kernel.leaf');
  assert.is(lesser.detail, 'fq_codel');
  assert.match(lesser.note ?? '', 'leaf = "cake" or "sfq" gets that, too');
  assert.is(lesser.level, 'ok', 'who configured one is warned by each load');
  const leaf = named(kernelWithout('sch_fq_codel'), 'kernel.leaf');
  assert.is(leaf.level, 'warning');
  assert.match(leaf.hint ?? '', 'kernel-modules-extra-6.12.1');
});

test('a kernel whose modules are gone, that has none, or that cannot be tried out', () => {
  const gone = checkKernel({ ...kernel, modulesThere: false, lacking: { value: new Set(['sch_htb']) } });
  assert.match(named(gone, 'kernel').hint ?? '', 'reboot');
  assert.match(named(gone, 'kernel.htb').hint ?? '', 'reboot');
  const { modulesThere: _, ...monolithic } = kernel;
  const none = checkKernel({ ...monolithic, lacking: { value: new Set(['sch_htb']) } });
  assert.match(named(none, 'kernel.htb').hint ?? '', 'loads no modules');
  const untried = checkKernel({ ...kernel, lacking: { failed: 'unshare is not installed' } });
  assert.equal(untried.map(line), ['problem kernel: 6.12.1; unshare is not installed']);
  const refused = checkKernel({ ...kernel, bridgeTable: { value: 'Error: Could not process rule' } });
  assert.match(wrong(refused)[0] ?? '', 'problem nftables: a table of the bridge family is refused: Error');
});

test('what was chosen before modules were installed is told', () => {
  const findings = checkKernel({ ...kernel, kept: { leaf: 'bfifo', redirect: 'fw' } });
  assert.match(wrong(findings)[0] ?? '', 'warning kept: bfifo and fw are still used; fq_codel and fw');
  assert.match(named(findings, 'kernel.kept').hint ?? '', 'rm /run/virt-shaper/kernel.json');
  assert.equal(wrong(checkKernel({ ...kernel, kept: { leaf: 'fq_codel', redirect: 'fw' } })), []);
  const sfq = checkKernel({ ...kernel, kept: { leaf: 'fq_codel', redirect: 'fw', lacking: ['sfq'] } });
  assert.match(wrong(sfq)[0] ?? '', 'still taken to lack sch_sfq; it lacks nothing now');
});

const hook: HookFacts = {
  driver: 'qemu',
  file: '/etc/libvirt/hooks/qemu.d/50-virt-shaper',
  whose: 'ours',
  executable: true,
  obstacles: [],
  daemon: 'libvirtd',
  noticed: true,
  todo: [],
};
const libvirt: LibvirtFacts = {
  installed: true,
  version: '11.3.0',
  systemd: true,
  daemons: new Map([['libvirtd', 4711]]),
  sockets: [],
  drivers: ['qemu'],
  program: { value: ['/usr/sbin/virt-shaper'] },
  hooks: [hook],
  syncs: false,
};

test('libvirt and its hook as they should be', () => {
  assert.equal(checkLibvirt(libvirt).map(line), [
    'ok libvirt: 11.3.0, libvirtd (4711) running',
    'ok hook qemu: installed: /etc/libvirt/hooks/qemu.d/50-virt-shaper, libvirtd has noticed it',
  ]);
  const split = checkLibvirt({ ...libvirt, daemons: new Map(), sockets: ['virtqemud.socket'] });
  assert.is(line(named(split, 'libvirt')), 'ok libvirt: 11.3.0, starts when virtqemud.socket is asked');
});

test('no libvirt, none that runs, an old one', () => {
  const { version: _, ...unknown } = libvirt;
  assert.match(line(checkLibvirt(unknown)[0] as Finding), 'ok libvirt: of unknown version, libvirtd (4711)');
  const none = checkLibvirt({ ...unknown, installed: false, daemons: new Map(), drivers: [] });
  assert.is(none.length, 1, 'nothing is said of hooks that nobody calls');
  assert.match(line(none[0] as Finding), 'warning libvirt: not found on this host');
  assert.match(wrong(checkLibvirt({ ...libvirt, daemons: new Map() }))[0] ?? '', 'no daemon of it runs');
  assert.match(
    wrong(checkLibvirt({ ...libvirt, version: '6.4.0' }))[0] ?? '',
    '6.4.0 reads no hooks from qemu.d',
  );
});

test('a hook that is not called: guests start unshaped, or a moment later where syncs find them', () => {
  const cases: [Partial<HookFacts>, string][] = [
    [{ whose: 'nobody', executable: false }, 'not installed'],
    [{ whose: 'foreign' }, "not installed: a file of somebody else's is in its place"],
    [{ executable: false }, 'installed, but not executable'],
    [{ noticed: false }, 'installed, but libvirtd has not noticed it'],
  ];
  for (const [change, what] of cases) {
    const facts = { ...libvirt, hooks: [{ ...hook, ...change }] };
    assert.equal(wrong(checkLibvirt(facts)), [`problem hook qemu: ${what}: guests start unshaped`]);
    assert.equal(wrong(checkLibvirt({ ...facts, syncs: true })), [
      `warning hook qemu: ${what}: guests are shaped a moment after they start`,
    ]);
  }
  const edited = checkLibvirt({
    ...libvirt,
    hooks: [{ ...hook, whose: 'edited', todo: ['for the original: rm it'] }],
  });
  assert.is(named(edited, 'hook.qemu').level, 'warning');
  assert.is(named(edited, 'hook.qemu').hint, 'for the original: rm it');
});

test('without systemd nobody knows what the daemon was told', () => {
  const hooks = [{ ...hook, noticed: false }];
  assert.equal(wrong(checkLibvirt({ ...libvirt, systemd: false, hooks })), [
    'warning hook qemu: installed, and libvirtd has not called it yet: perhaps it does not know of it',
  ]);
});

test('what the daemon knows of the other hooks is taken from that of qemu', () => {
  const others = (noticed: boolean) => [
    { ...hook, noticed },
    { ...hook, driver: 'lxc', noticed: false, todo: ['kill -HUP 4711'] },
    { ...hook, driver: 'network', noticed: false },
  ];
  assert.equal(wrong(checkLibvirt({ ...libvirt, hooks: others(true) })), []);
  assert.equal(wrong(checkLibvirt({ ...libvirt, hooks: others(false) })), [
    'problem hook qemu: installed, but libvirtd has not noticed it: guests start unshaped',
    'warning hook lxc: installed, but libvirtd has not noticed it',
  ]);
});

function units(...changes: Partial<UnitFacts>[]): ServiceFacts {
  const names = [
    'virt-shaper.service',
    'virt-shaper-watch.path',
    'virt-shaper-sync.path',
    'virt-shaper-sync.timer',
  ];
  const well = { there: true, enabled: true, active: true, failed: false };
  return {
    systemd: true,
    configured: true,
    lastSync: 30_000,
    loaded: true,
    command: ['/usr/sbin/virt-shaper'],
    units: names.map((name, at) => ({ name, ...well, ...changes[at] })),
  };
}

test('units that are on, off, failed or not there', () => {
  assert.equal(wrong(checkServices(units())), []);
  assert.match(
    wrong(checkServices(units({ failed: true, active: false })))[0] ?? '',
    'problem virt-shaper.service: failed',
  );
  assert.match(
    wrong(checkServices(units({}, { enabled: false })))[0] ?? '',
    'warning virt-shaper-watch.path: not enabled',
  );
  const idle = { active: false };
  assert.equal(wrong(checkServices(units(idle, idle, idle, { failed: true, active: false }))), [
    'warning virt-shaper.service: enabled, not active: without it no guest is shaped again at boot',
    'problem virt-shaper-sync.timer: failed: without it what nobody told of is not found',
  ]);
  const none = { there: false, enabled: false, active: false };
  assert.match(
    wrong(checkServices(units(none, none, none, none)))[0] ?? '',
    "warning units: virt-shaper's units are not installed",
  );
  assert.match(
    wrong(checkServices({ ...units(), systemd: false, units: [] }))[0] ?? '',
    'warning units: systemd does not run',
  );
  const cron = '/etc/cron.d/virt-shaper';
  assert.equal(wrong(checkServices({ ...units(), systemd: false, units: [], cron })), [], 'as it advises');
});

test('the line for cron has the whole path, and nothing in it that cron takes for its own', () => {
  assert.is(
    cronLine(['/usr/sbin/virt-shaper']),
    "echo '* * * * * root /usr/sbin/virt-shaper --quiet sync --in-force' > /etc/cron.d/virt-shaper",
  );
  const odd = cronLine(['/a 100% b/x']);
  const written = spawnSync('sh', ['-c', odd.replace(/ > .*/, '')], { encoding: 'utf8' }).stdout;
  assert.is(written, "* * * * * root '/a 100\\% b/x' --quiet sync --in-force\n");
});

test('a sync that failed is told, one that ended is not', () => {
  const sync = { name: 'virt-shaper-sync.service', there: true, enabled: true, active: false, failed: true };
  const well = units();
  assert.match(
    wrong(checkServices({ ...well, units: [...well.units, sync] }))[0] ?? '',
    'problem virt-shaper-sync.service',
  );
  assert.equal(wrong(checkServices({ ...well, units: [...well.units, { ...sync, failed: false }] })), []);
});

test('the clock of the last sync', () => {
  const late = 4 * 60_000;
  assert.equal(wrong(checkServices({ ...units(), lastSync: late })), [
    'problem last sync: 4 min ago, though the timer should run',
  ]);
  const off = units({}, {}, {}, { active: false });
  assert.is(named(checkServices({ ...off, lastSync: late }), 'last-sync').level, 'warning');
  const { lastSync: _, ...never } = units();
  assert.is(line(named(checkServices(never), 'last-sync')), 'warning last sync: none since boot');
  assert.equal(wrong(checkServices({ ...never, configured: false })), [], 'there is nothing to sync yet');
});

test.run();

// What the kernel refuses to do for one uplink or tap, or what comes in the way while a load is at work: it costs those
// whom it concerns, by name, and nobody else; what was in force there stays, and nobody is cut off.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { packets, sh } from './host.ts';
import { InsideHost } from './inside.ts';
import { config, endUplinks, makeUplinks, reachGuest } from './two-uplinks.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'ping', 'flock'));

let host: InsideHost;
test.before.each(() => {
  host = new InsideHost(config);
  makeUplinks(host, ['vnet1']);
  runs('cliff', 'vnet0', 'br0');
  runs('rob', 'vnet1', 'br1');
});
test.after.each(() => {
  host.unwrap();
  endUplinks(host);
});

function runs(guest: string, tap: string, bridge: string): void {
  host.runs(guest, { [tap]: bridge });
}

/** Whether cliff's frames arrive, and by which of his classes. */
function passes(): { out: boolean; in: boolean } {
  const count = () => [packets('eth0', '1:10'), packets('ifb-eth0', '2:10')] as const;
  const before = count();
  reachGuest();
  const after = count();
  return { out: after[0] > before[0], in: after[1] > before[1] };
}

interface Row {
  guest: string;
  shaped: { out: boolean; in: boolean };
  faults: { reason: string; remedy?: string }[];
}

async function rowsOf(): Promise<Map<string, Row>> {
  const { guests } = JSON.parse((await host.do(['status', '--json', '--interval', '0'])).stdout);
  return new Map(guests.map((row: Row) => [row.guest, row]));
}

const both = { out: true, in: true };

/** All as it should be, for everybody. */
async function isHealed(): Promise<void> {
  const { status, stderr } = await host.do(['sync']);
  assert.is(status, 0, stderr);
  assert.is((await host.do(['verify'])).status, 0);
  assert.equal(passes(), both);
  for (const { guest, shaped } of (await rowsOf()).values()) assert.equal(shaped, both, guest);
}

/** tc or ip, who will not do a line: those above it are done, as in a batch of theirs. */
function refuse(tool: 'tc' | 'ip', line: string): void {
  host.wrap(
    tool,
    `if [ "$1" = -batch ] && number=$(grep -nm1 '${line}' "$2"); then
  head -n $((\${number%%:*} - 1)) "$2" | $real -batch - || exit
  echo "Error: not with this device." >&2; echo "Command failed $2:\${number%%:*}" >&2; exit 1
fi`,
  );
}

/** Somebody who does this once, after the kernel was read and before the first line of a load. */
function comesBetween(deed: string): void {
  const flag = join(host.root, 'came');
  host.wrap(
    'tc',
    `case "$1 $2" in "-batch -"*) ;; "-batch "*) [ -e ${flag} ] || { touch ${flag}; PATH=$PATH:/usr/sbin:/sbin; ${deed}; };; esac`,
  );
}

test("a device's other name is that of our ifb: what its guests receive is not shaped, all else is", async () => {
  sh('ip link property add dev w-eth1 altname ifb-eth0');
  const { status, stderr } = await host.do(['sync']);
  assert.is(status, 1);
  assert.match(
    stderr,
    /^warning: ifb-eth0: ip refused .*not shaped is what these guests receive by eth0: cliff;/m,
  );
  assert.equal(passes(), { out: true, in: false });
  const rows = await rowsOf();
  assert.equal(rows.get('cliff')?.shaped, { out: true, in: false });
  assert.match(rows.get('cliff')?.faults[0]?.reason ?? '', 'ip refused');
  assert.equal(rows.get('rob')?.shaped, both);
  sh('ip link property del dev w-eth1 altname ifb-eth0');
  await isHealed();
});

test('a class that a filter of others holds stays when its guest has gone, and others come and go', async () => {
  runs('ann', 'vnet2', 'br0');
  await host.must(['sync']);
  sh('tc filter add dev eth0 parent 1: protocol ip prio 5 u32 match ip dst 9.9.9.9/32 flowid 1:12');
  sh(`rm ${host.root}/run/libvirt/qemu/ann.xml`);
  host.tap('vnet3');
  runs('joe', 'vnet3', 'br0');
  const { status, stderr } = await host.do(['sync']);
  assert.is(status, 1);
  assert.match(
    stderr,
    /^warning: guest ann: tc refused to "class del dev eth0 classid 1:12".*tc filter show dev eth0/m,
  );
  const rows = await rowsOf();
  assert.equal([...rows.keys()], ['cliff', 'joe', 'rob']);
  for (const { guest, shaped } of rows.values()) assert.equal(shaped, both, guest);
  assert.not.match(sh('tc class show dev ifb-eth0'), ' 2:12 ');
  assert.is((await host.do(['verify'])).status, 3);
  sh('tc filter del dev eth0 parent 1: prio 5');
  await isHealed();
  assert.not.match(sh('tc class show dev eth0'), ' 1:12 ');
});

test('a class that the kernel will not make costs its guest, whose neighbours stay in theirs', async () => {
  await host.must(['sync']);
  refuse('tc', '^class add dev eth0 .* classid 1:12 ');
  runs('ann', 'vnet2', 'br0');
  host.configure(config.replace('id = 0x11', 'id = 0x11\nceil = "30mbit"'));
  const { status, stderr } = await host.do(['sync']);
  assert.is(status, 1, stderr);
  assert.match(
    stderr,
    /^warning: eth0: .*eth0 stays as it was; not shaped is what these guests send by eth0: ann;/m,
  );
  assert.match(sh('tc class show dev eth1'), 'ceil 30Mbit');
  assert.equal(passes(), both);
  const rows = await rowsOf();
  assert.equal(
    [...rows.values()].map(({ guest, shaped }) => [guest, shaped]),
    [
      ['ann', { out: false, in: true }],
      ['cliff', both],
      ['rob', both],
    ],
  );
  host.unwrap();
  await isHealed();
});

test('a class that the kernel will not change keeps its guest in it, as before', async () => {
  await host.must(['sync']);
  refuse('tc', '^class change dev eth0 .* classid 1:10 ');
  host.configure(config.replace('[defaults]', '[defaults]\n').replace('ceil = "20mbit"', 'ceil = "25mbit"'));
  const { status, stderr } = await host.do(['sync']);
  assert.is(status, 1, stderr);
  assert.match(stderr, /^warning: eth0: (?:\S+:\d+:\d+: )?guest cliff: tc refused to "class change/m);
  assert.match(sh('tc class show dev eth1'), 'ceil 25Mbit');
  assert.match(sh('tc class show dev ifb-eth0 classid 2:10'), 'ceil 25Mbit');
  assert.match(sh('tc class show dev eth0 classid 1:10'), 'ceil 20Mbit');
  assert.equal(passes(), both);
  const [row] = (await rowsOf()).values();
  assert.equal(row?.shaped, both);
  assert.match(row?.faults[0]?.reason ?? '', /^class 1:10 on eth0 .* ceil 20mbit, not 25mbit .*tc refused/);
  host.unwrap();
  await isHealed();
});

test("a tap's filter that the kernel will not take costs its guest only", async () => {
  refuse('tc', '^filter add dev vnet0 ');
  const { status, stderr } = await host.do(['sync']);
  assert.is(status, 0, stderr);
  assert.match(stderr, /^warning: what guest cliff receives by vnet0 is not shaped: .*not with this device/m);
  assert.equal(passes(), { out: true, in: false });
  const rows = await rowsOf();
  assert.equal(rows.get('cliff')?.shaped, { out: true, in: false });
  assert.equal(rows.get('rob')?.shaped, both);
  host.unwrap();
  await isHealed();
});

test('where the kernel refuses everybody, nothing is changed', async () => {
  refuse('tc', '^qdisc add dev .* root handle ');
  const { status, stderr } = await host.do(['sync']);
  assert.is(status, 1, stderr);
  assert.equal(passes(), { out: false, in: false });
  for (const { guest, shaped } of (await rowsOf()).values())
    assert.equal(shaped, { out: false, in: false }, guest);
  host.unwrap();
  await isHealed();
});

interface Between {
  deed: string;
  status: 0 | 1;
  /** What is said of it; absent where it costs nobody anything. */
  says?: RegExp;
  clear?: string;
}

const others: Record<string, Between> = {
  'the uplink goes': {
    deed: 'ip link del eth1',
    status: 1,
    says: /the uplink eth1 is not there.*rob;/,
    clear:
      'ip link add eth1 type veth peer name w-eth1; ip link set eth1 master br1 up; ip link set w-eth1 up',
  },
  "somebody's root qdisc comes": {
    deed: 'tc qdisc replace dev eth1 root pfifo',
    status: 1,
    says: /eth1 has a root qdisc that virt-shaper did not set: pfifo.*send by eth1: .*rob;/,
    clear: 'tc qdisc del dev eth1 root',
  },
  "somebody's ingress qdisc comes to a tap": {
    deed: 'tc qdisc add dev vnet3 ingress 2>/dev/null || tc qdisc add dev vnet1 ingress',
    status: 0,
    says: /what guest (?:joe|rob) receives by vnet\d is not shaped: it has an ingress qdisc of others/,
    clear: 'tc qdisc del dev vnet3 ingress 2>/dev/null || tc qdisc del dev vnet1 ingress',
  },
  'our ifb goes': { deed: 'ip link del ifb-eth1 2>/dev/null', status: 0 },
};

for (const [name, { deed, status, says, clear }] of Object.entries(others)) {
  for (const when of ['first load', 'later load']) {
    test(`${name} while a ${when} is at work: it costs those behind it`, async () => {
      if (when === 'later load') {
        await host.must(['sync']);
        host.tap('vnet3', 'br1');
        runs('joe', 'vnet3', 'br1');
        runs('ann', 'vnet2', 'br0');
      }
      comesBetween(deed);
      const said = await host.do(['sync']);
      assert.ok(existsSync(join(host.root, 'came')), 'it came');
      assert.is(said.status, status, said.stderr);
      if (says) assert.match(said.stderr, says, said.stderr);
      assert.equal(passes(), both);
      const rows = await rowsOf();
      for (const guest of when === 'later load' ? ['cliff', 'ann'] : ['cliff'])
        assert.equal(rows.get(guest)?.shaped, both, guest);
      const behind = ['rob', 'joe'].flatMap((guest) => rows.get(guest)?.shaped ?? []);
      assert.is(
        says === undefined,
        behind.every((one) => one.out && one.in),
        JSON.stringify(behind),
      );
      host.unwrap();
      if (clear) sh(clear);
      await isHealed();
    });
  }
}

test.run();

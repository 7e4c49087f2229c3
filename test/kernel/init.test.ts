// init on a real kernel: what it writes passes check, changes nothing for any guest, and what is there stays.
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { stepsAfter } from '../../src/text/first-steps.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, kernelState, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const file = 'etc/virt-shaper/config.toml';

let host: TestHost;
test.before.each(() => {
  host = new TestHost('');
  sh(`rm -r ${join(host.root, 'etc')}`);
});
test.after.each(() => host.end());

/** As libvirt keeps it of a guest that runs. */
function running(name: string, taps: Record<string, string>): void {
  host.write(`run/libvirt/qemu/${name}.xml`, `<domstatus>${domainXml(name, taps)}</domstatus>`);
}

function init(): string {
  const { status, stdout, stderr } = host.run(['init']);
  assert.equal({ status, stdout }, { status: 0, stdout: '' }, stderr);
  const check = host.run(['check']);
  assert.is(check.status, 0, check.stderr);
  assert.not.match(check.stderr, 'warning');
  return host.read(file);
}

test('a host without a bridge, whichever way it goes out by itself', () => {
  sh('ip link add out0 type veth peer name w-out0; ip link set out0 up; ip link set w-out0 up');
  sh('ip route add default dev out0');
  assert.match(init(), '# None was found');
  assert.is(host.run(['render']).status, 0);
});

test('two bridges and guests that run: nobody is shaped until somebody says so', () => {
  host.bridge('br0', 'eth0').bridge('br1', 'eth1.7').tap('vnet0').tap('vnet1', 'br1');
  running('cliff', { vnet0: 'br0' });
  running('a "b" $(id)', { vnet1: 'br1' });
  const before = kernelState();
  const text = init();
  assert.match(text, '[uplink.eth0]\nbridge = "br0"\n');
  assert.match(text, '[uplink."eth1.7"]\nbridge = "br1"\n');
  assert.match(text, '# vnet0 on br0, by eth0\n# [guest.cliff]\n');
  assert.match(text, '# [guest."a \\"b\\" $(id)"]\n');
  for (const command of ['sync', 'render', 'load']) assert.is(host.run([command]).status, 0, command);
  const without = (state: string) => state.replace(/table bridge virt-shaper \{[\s\S]*\n\}/, '').trim();
  assert.is(without(kernelState()), without(before));
  host.write(
    file,
    text.replace('# [guest.cliff]', '[guest.cliff]').replace(/# (rate|ceil) = "\d+(.bit)"\n$/m, ''),
  );
  assert.is(host.run(['sync']).status, 0);
  assert.match(sh('tc class show dev eth0'), 'class htb 1:');
});

test('a bridge whose uplink is in doubt is said, and left to be decided', () => {
  host.bridge('br0', 'eth0');
  sh(
    'ip link add eth1 type veth peer name w-eth1; ip link set eth1 master br0; ip link add virbr0 type bridge',
  );
  const { stderr } = host.run(['init']);
  assert.match(stderr, 'warning: br0 has 2 ports that may be its uplink (eth0, eth1)');
  assert.match(stderr, 'from the lines of [uplink.eth0] or [uplink.eth1] in the file');
  const text = host.read(file);
  assert.match(text, '#\n# [uplink.eth0]\n# bridge = "br0"\n#\n# [uplink.eth1]\n# bridge = "br0"\n');
  assert.match(text, '# virbr0 leads nowhere');
  assert.not.match(text, /^\[uplink/m);
});

/** As libvirt keeps it of a guest, whether it runs or not: without taps, and of a network without its bridge. */
function defined(name: string, ...nics: string[]): void {
  const text = `<!-- made by virsh --><domain type='kvm'><name>${name}</name><devices>${nics.join('')}</devices></domain>`;
  host.write(`etc/libvirt/qemu/${name}.xml`, text);
}

test('guests that are shut off are there too, each once, with the ways of their NICs', () => {
  host.bridge('br0', 'eth0').tap('vnet0');
  sh('ip link add virbr0 type bridge');
  running('cliff', { vnet0: 'br0' });
  host.tap('vnet1');
  host.runs('cliff', { vnet1: 'br0' }, { driver: 'lxc' });
  const bridged = "<interface type='bridge'><source bridge='br0'/></interface>";
  defined('cliff', bridged);
  defined('bob', bridged);
  defined('natguest', "<interface type='network'><source network='default'/></interface>");
  defined('vfio', "<interface type='hostdev'><source/></interface>");
  defined('none');
  host.write('etc/libvirt/qemu/broken.xml', '<domain><name>broken');
  host.write(
    'etc/libvirt/qemu/networks/default.xml',
    "<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/></network>",
  );
  const { stderr } = host.run(['init']);
  assert.match(stderr, '1 uplink, 5 guests as comments (4 shut off)');
  const text = host.read(file);
  assert.is(text.match(/^# \[guest\.cliff\]$/gm)?.length, 1);
  assert.match(text, '# vnet0 on br0, by eth0\n# vnet1 on br0, by eth0\n# [guest.cliff]\n');
  assert.match(text, '# shut off now\n# NIC1 on br0, by eth0\n# [guest.bob]\n');
  assert.match(text, '# shut off now\n# NIC1 on virbr0, not shaped there\n# [guest.natguest]\n');
  assert.match(
    text,
    "# shut off now\n# NIC1 not shaped: type='hostdev' does not cross a Linux bridge\n# [guest.vfio]\n",
  );
  assert.match(text, '# shut off now\n# [guest.none]\n');
  assert.is(host.run(['check']).status, 0);
});

test('config.d is made beside the usual file, and the next steps are said', () => {
  host.bridge('br0', 'eth0');
  defined('bob');
  host.write('run/libvirt/qemu/half.xml', '<domstatus><dom');
  const { stderr } = host.run(['init']);
  assert.match(stderr, /^warning: guest half is left out: ./);
  assert.match(stderr, '1 uplink, 1 guest as comments (1 shut off)\n');
  assert.match(stderr, `then: ${stepsAfter('init')}`);
  assert.equal(sh(`stat -c %a ${join(host.root, 'etc/virt-shaper/config.d')}`), '755\n');
  assert.is(host.run(['init', '--config', join(host.root, 'own/config.toml')]).status, 0);
  assert.not.ok(existsSync(join(host.root, 'own/config.d')));
});

test('what is there is never replaced, whatever it is', () => {
  host.configure('# mine\n');
  const { status, stdout, stderr } = host.run(['init']);
  assert.equal({ status, stdout }, { status: 1, stdout: '' });
  assert.match(stderr, 'config.toml is there already, and stays as it is\n      virt-shaper init --print');
  assert.is(host.read(file), '# mine\n');
  sh(`rm ${join(host.root, file)}`);
  symlinkSync('/nowhere/config.toml', join(host.root, file));
  assert.is(host.run(['init']).status, 1);
  sh(`rm ${join(host.root, file)}`);
  mkdirSync(join(host.root, file));
  assert.is(host.run(['init']).status, 1);
  assert.equal(
    sh(`ls ${join(host.root, 'etc/virt-shaper')}`),
    'config.toml\n',
    'nothing half-written is left',
  );
});

test('--print shows the same and writes nothing', () => {
  host.bridge('br0', 'eth0');
  const { status, stdout, stderr } = host.run(['init', '--print']);
  assert.equal({ status, stderr }, { status: 0, stderr: '' });
  assert.not.ok(existsSync(join(host.root, 'etc')));
  assert.is(init(), stdout);
});

test('another place, a folder that cannot be, and the old hook', () => {
  const elsewhere = join(host.root, 'here.toml');
  host.write('etc/libvirt/hooks/bandwidth.conf', 'ceil_eth0="1000mbit"\n');
  const { status, stderr } = host.run(['init', '--config', elsewhere]);
  assert.is(status, 0, stderr);
  assert.match(stderr, 'virt-shaper import');
  assert.match(stderr, '0 uplinks, 0 guests as comments\n');
  assert.match(readFileSync(elsewhere, 'utf8'), 'unlisted = "ignore"');
  const refused = host.run(['init', '--config', '/proc/none/config.toml']);
  assert.is(refused.status, 1);
  assert.match(refused.stderr, /^virt-shaper: \/proc\/none\/config\.toml cannot be written: /m);
});

test.run();

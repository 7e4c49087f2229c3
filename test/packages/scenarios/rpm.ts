// The .rpm: into an empty root, and on a host where rpm runs its scripts. Debian's rpm knows nothing of what dpkg has
// installed, so what the package depends on is there, but not for it (--nodeps).
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { callHook, makeNetwork } from '../guests.ts';
import { bring, filesOf, makeReadyMachine, outside } from '../machine.ts';

makeNetwork();
const host = makeReadyMachine('red', 'rpm');
const rpm = bring(host, 'rpm', 'built');
const former = bring(host, 'rpm', 'former');
const config =
  '[guest.cliff]\nrate = "15mbit"\nceil = "30mbit"\n[uplink.eth0]\nbridge = "br0"\nceil = "1gbit"\n';
const quiet = '--nodeps --define "_dbpath /var/lib/rpm"';

test('into an empty root: all of its files, and the program runs from there', () => {
  host.must(`mkdir /empty && rpm --root /empty --initdb && rpm --root /empty ${quiet} --noscripts -i ${rpm}`);
  const listed = host.must(`rpm -qpl --noghost ${rpm} | sort`).trim().split('\n');
  for (const path of listed) assert.ok(host.exists(`/empty${path}`), path);
  assert.is(host.must(`rpm --root /empty ${quiet.replace('--nodeps', '')} -Va --nodeps`), '');
  assert.match(host.must('/empty/usr/sbin/virt-shaper --version'), /^\d+\.\d+\.\d+\n$/);
  host.write('/empty/etc/virt-shaper/config.toml', config);
  host.must('/empty/usr/sbin/virt-shaper --quiet --root /empty render');
  assert.ok(host.exists('/empty/var/lib/virt-shaper/rules.d/ruleset.nft'));
});

test('with its scripts: installed, a guest is shaped, upgraded without a new class, erased', () => {
  host.must('rpm --initdb');
  const pristine = filesOf(host);
  host.write('/etc/virt-shaper/config.toml', config);
  console.log(host.must(`rpm ${quiet} -i ${former}`));
  assert.is(host.must('virt-shaper --version'), '0.0.9\n');
  assert.is(callHook(host, 'cliff', 'start').status, 0);
  const before = outside('tc class show dev eth0; tc qdisc show dev eth0');
  assert.match(before, /rate 15Mbit ceil 30Mbit/);

  host.must(`rpm ${quiet} -U ${rpm}`);
  assert.is.not(host.must('virt-shaper --version'), '0.0.9\n');
  assert.is(outside('tc class show dev eth0; tc qdisc show dev eth0'), before);
  assert.is(host.must('virt-shaper verify 2>&1'), 'the kernel holds what was loaded\n');
  assert.ok(host.exists('/etc/libvirt/hooks/qemu.d/50-virt-shaper'));

  host.must(`rpm ${quiet} -e virt-shaper`);
  assert.not.match(outside('tc qdisc show'), /htb|clsact/);
  assert.is(host.must('nft list ruleset'), '');
  const left = filesOf(host).filter((path) => !pristine.includes(path) && !path.startsWith('/var/lib/rpm'));
  // The administrator's, the ids, and folders that other packages bring where they are installed.
  const kept =
    /^\/etc\/virt-shaper|^\/var\/lib\/virt-shaper|^\/etc\/libvirt(\/hooks)?$|^\/usr\/lib\/udev|^\/usr\/share\/(fish|licenses|zsh)(\/|$)/;
  assert.equal(
    left.filter((path) => !kept.test(path)),
    [],
  );
});

test.run();

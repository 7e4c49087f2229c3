// The .rpm: into an empty root, and on a host where rpm runs its scripts. Debian's rpm knows nothing of what dpkg has
// installed, so what the package depends on is there, but not for it (--nodeps).
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { callHook, makeNetwork } from '../guests.ts';
import { bring, filesOf, type Machine, makeReadyMachine, outside } from '../machine.ts';

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

/** SELinux' files as Fedora has them, and what stands in for its commands: no kernel of SELinux' own. */
function standInForSelinux(machine: Machine): {
  boolean: (value: '0 0' | '1 1') => void;
  calls: () => string;
} {
  const folder = '/sys/fs/selinux';
  machine.must(`mount -t tmpfs tmpfs /sys/fs && mkdir -p ${folder}/booleans && echo 1 >${folder}/enforce`);
  const hook = '/etc/libvirt/hooks/qemu.d/50-virt-shaper';
  const module = '/var/lib/selinux/targeted/active/modules/200/virt_shaper';
  machine.write(
    '/usr/sbin/semodule',
    `#!/bin/sh
echo "semodule $* (hook: $([ -e ${hook} ] && echo there || echo none))" >>/root/calls
case $* in *-i*) mkdir -p ${module} ;; *-r*) rmdir ${module} ;; esac\n`,
    0o755,
  );
  machine.write('/usr/sbin/selinuxenabled', '#!/bin/sh\nexit 0\n', 0o755);
  machine.write('/usr/sbin/restorecon', '#!/bin/sh\necho "restorecon $*" >>/root/calls\n', 0o755);
  return {
    boolean: (value) => machine.write(`${folder}/booleans/virt_hooks_unconfined`, value),
    calls: () => machine.must('cat /root/calls; rm /root/calls'),
  };
}

test('where SELinux lets no hook run there is none, until the module is there and the boolean on', () => {
  const fedora = makeReadyMachine('fedora', 'rpm');
  const { boolean, calls } = standInForSelinux(fedora);
  const hook = '/etc/libvirt/hooks/qemu.d/50-virt-shaper';
  boolean('0 0');
  fedora.must('rpm --initdb');
  const said = fedora.must(`rpm ${quiet} -i ${bring(fedora, 'rpm', 'built')}`);
  console.log(said);
  assert.match(
    said,
    /not installed, the hooks of qemu, lxc, network: SELinux enforces.*boolean virt_hooks_unconfined is off/,
  );
  assert.match(said, /setsebool -P virt_hooks_unconfined on/);
  assert.not.ok(fedora.exists(hook));
  assert.match(calls(), /restorecon \/etc\/libvirt\/hooks/);

  const module = bring(fedora, 'rpm', 'built', 'virt-shaper-selinux');
  console.log(fedora.must(`rpm ${quiet} -i ${module}`));
  assert.match(calls(), /semodule -X 200 -i \/usr\/share\/selinux\/packages\/virt_shaper.cil/);
  assert.not.ok(fedora.exists(hook), 'the boolean is still off');
  assert.match(fedora.run('virt-shaper hooks status').output, /libvirt could not run it: SELinux/);

  boolean('1 1');
  fedora.must(`rpm ${quiet} -U --replacepkgs ${module}`);
  assert.ok(fedora.exists(hook), 'as the administrator has switched it on');
  calls();
  boolean('0 0');
  console.log(fedora.must(`rpm ${quiet} -e virt-shaper-selinux`));
  assert.match(calls(), /semodule -X 200 -r virt_shaper \(hook: none\)/);
  assert.not.ok(fedora.exists(hook), 'gone before the policy lets nobody execute it');
  fedora.must(`rpm ${quiet} -e virt-shaper`);
});

test.run();

// The commands of the documents, run as they stand: each block behind `<!-- run: HOST -->` on a host that is fresh, or
// where guests run and nothing is loaded, or something is, or the configuration has changed since. What is not of this
// project (virsh, systemctl, editor) is a stand-in that does what it is asked for here; nft, tc and ip are real.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { readPages } from '../support/pages.ts';
import { unless } from '../support/skip.ts';
import { domainXml, program, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'sysctl'));

const config = `[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest.cliff]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
[guest.rob]
ceil = "20mbit"
`;

/** How the host is when the block begins. */
const hosts: Record<string, (host: TestHost) => void> = {
  fresh: (host) => host.write('run/libvirt/qemu/cliff.xml', status('cliff', 'vnet0')),
  loaded: (host) => {
    host.tap('vnet1').configure(config);
    assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
    assert.is(host.hook('rob', 'start', { vnet1: 'br0' }).status, 0);
  },
  changed: (host) => {
    hosts.loaded?.(host);
    host.configure(config.replace('20mbit', '25mbit'));
  },
  unloaded: (host) => {
    hosts.loaded?.(host);
    assert.is(host.run(['unload']).status, 0);
  },
  'old-hook': (host) => {
    host.write('run/libvirt/qemu/cliff.xml', status('cliff', 'vnet0'));
    host.write('bandwidth.conf', 'ceil_eth0="1000mbit"\ncliff_eth0="10 15mbit 30mbit"\n');
    host.write('etc/libvirt/hooks/qemu', '#!/bin/sh\n');
    mkdirSync(join(host.root, 'root'));
    sh('tc qdisc add dev eth0 root handle 5: htb');
  },
  libvirt: (host) => {
    host.configure(config);
    mkdirSync(join(host.root, 'etc/virt-shaper/config.d'));
    host.write(
      'cliff.xml',
      domainXml('ann', { vnet0: 'br0' }).replace(
        '<model',
        "<bandwidth><inbound average='1000'/></bandwidth><model",
      ),
    );
  },
  proxmox: (host) => {
    host.configure(config);
    mkdirSync(join(host.root, 'etc/virt-shaper/config.d'));
    host.write(
      'etc/pve/qemu-server/100.conf',
      'name: ann\nnet0: virtio=52:54:00:00:00:01,bridge=br0,rate=12.5\n',
    );
  },
};

/** What the block has brought about. */
const outcomes: Record<string, (host: TestHost) => void> = {
  fresh: (host) => assert.is(stateOf(host, 'cliff'), 'shaped'),
  'old-hook': (host) => assert.is(stateOf(host, 'cliff'), 'shaped'),
  unloaded: (host) => {
    assert.match(sh('tc class show dev eth0'), 'class htb 1:cc41 parent 1:f8da');
    assert.is(host.run(['load']).status, 0);
    assert.is(stateOf(host, 'cliff'), 'shaped');
  },
  libvirt: (host) => assert.match(host.read('etc/virt-shaper/config.d/50-limits.toml'), '[guest.ann]'),
  proxmox: (host) => assert.match(host.run(['check']).stdout, /^ann /m),
};

const blocks = readPages().flatMap(({ path, blocks }) =>
  blocks.flatMap(({ label = '', text }) => {
    const [, host] = label.match(/^run: (\S+)$/) ?? [];
    return host === undefined ? [] : { path, host, text };
  }),
);

test('there are such blocks, and their hosts', () => {
  assert.ok(blocks.length > 10);
  for (const { host } of blocks) assert.ok(hosts[host], host);
});

for (const { path, host: kind, text } of blocks) {
  const own = text.includes('jq ') ? unless(needsNamespace() ?? needsCommand('jq')) : test;
  own(`${path}: ${text.split('\n')[0]}`, () => {
    const host = new TestHost('').bridge('br0', 'eth0').tap('vnet0');
    try {
      sh(`rm ${host.root}/etc/virt-shaper/config.toml`);
      hosts[kind]?.(host);
      runAll(host, text);
      outcomes[kind]?.(host);
    } finally {
      host.end();
    }
  });
}

/** Each line that begins a command must be found and be right usage; data must come where a pipe asks for it. */
function runAll(host: TestHost, text: string): void {
  const bin = join(host.root, 'bin');
  const put = (name: string, lines: string) => {
    const file = join(bin, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${lines}\n`);
    chmodSync(file, 0o755);
  };
  put(
    'virt-shaper',
    `${process.execPath} ${program} --root ${host.root} "$@"; status=$?\n[ $status != 2 ] || echo "virt-shaper $*" >>${host.root}/refused\nexit $status`,
  );
  put('editor', `[ -s "$1" ] || exit 1\nprintf '[guest.cliff]\\nceil = "30mbit"\\n' >>"$1"`);
  put('systemctl', 'exit 0');
  put('virsh', `case $1 in list) echo ann ;; dumpxml) cat ${host.root}/cliff.xml ;; esac`);
  const moved = text
    .replace(/(?<![\w.])\/(etc|var|root)\//g, `${host.root}/$1/`)
    .replace('--confirm 60', '--confirm 1');
  const { stderr, status } = spawnSync('sh', ['-u'], {
    input: moved,
    encoding: 'utf8',
    cwd: host.root,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    timeout: 60_000,
  });
  assert.not.match(stderr, /not found|No such file|syntax error|jq: /, moved);
  assert.is(
    spawnSync('cat', [join(host.root, 'refused')], { encoding: 'utf8' }).stdout,
    '',
    `${stderr}\n${moved}`,
  );
  assert.is.not(status, null, moved);
}

function stateOf(host: TestHost, name: string): string | undefined {
  const { guests } = JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout);
  return guests.find(({ guest }: { guest: string }) => guest === name)?.state;
}

function status(name: string, tap: string): string {
  return `<domstatus state='running'>${domainXml(name, { [tap]: 'br0' })}</domstatus>`;
}

test.run();

// A guest's way past rules of others that no bridge table of ours sees: of iptables-legacy, of flowtables, by way of the
// host; and past tables of ours that somebody has changed.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseLinks } from '../../../src/kernel/link.ts';
import { parseListing } from '../../../src/kernel/nft/listing.ts';
import { parseXtables } from '../../../src/kernel/xtables.ts';
import type { Facts } from '../../../src/observe/facts.ts';
import { programsOn, readTcx } from '../../../src/observe/read-others.ts';
import type { Way } from '../../../src/observe/way/passage.ts';
import { makeLook } from '../../../src/observe/way/way.ts';
import { healthy } from '../../support/facts.ts';

const mark = 0x76730010;
const port = { name: 'eth0', bridge: 'br0' };
const out: Way = { direction: 'out', tap: 'vnet0', port, device: 'eth0', mark, class: '1:10' };
const into: Way = { ...out, direction: 'in', device: 'ifb-eth0', class: '2:10' };
const arrival = 0x76730000;

/** Behind a router: virbr0, whose guests leave by wan0, which is in no bridge. */
const routed = (way: Way): Way => ({
  ...way,
  port: { name: 'wan0' },
  ...(way.direction === 'out' ? { device: 'wan0' } : {}),
  routed: { bridge: 'virbr0', mark: way.direction === 'out' ? mark : arrival },
});
const beside = (way: Way): Way => ({
  ...way,
  routed: { bridge: 'br0', mark: way.direction === 'out' ? mark : arrival, beside: true },
});

const found = (facts: Facts, way: Way) => makeLook(facts)?.(way) ?? [];

function reasons(ways: Way[], change: Partial<Facts>): string[] {
  const facts = { ...healthy(new Map([['vnet0', mark]])), ...change };
  return ways.flatMap((way) => found(facts, way).map(({ reason }) => reason));
}

const saved = (rules: string[], table = 'mangle') => {
  const chains = ['PREROUTING', 'FORWARD', 'POSTROUTING'].map((name) => `:${name} ACCEPT [0:0]`);
  return parseXtables(
    ['# Generated', `*${table}`, ...chains, ':mine - [0:0]', ...rules, 'COMMIT', ''].join('\n'),
    'ip',
    'iptables-legacy',
  );
};

const netfilter = { bridged: { ip: true, ip6: false } };

test('iptables-legacy: what a rule does to a mark or a class is told as of any other table', () => {
  const by = (rule: string, ways = [out, into]) => reasons(ways, { ...netfilter, tables: saved([rule]) });
  const where = 'chain POSTROUTING of table mangle of iptables-legacy takes';
  assert.equal(by('-A POSTROUTING -j MARK --set-xmark 0x1/0xffffffff'), [
    `${where} our mark from some of what it receives`,
  ]);
  assert.equal(
    by('-A POSTROUTING -o br0 -p tcp -m tcp --dport 80 -j CLASSIFY --set-class 0001:0020', [out]),
    [`${where} the class from some of what it sends`],
  );
  assert.equal(
    by('-A POSTROUTING -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff').length,
    1,
  );
});

test('iptables-legacy: what leaves ours alone is no matter', () => {
  for (const rule of [
    '-A POSTROUTING -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff',
    '-A POSTROUTING -m mark ! --mark 0x76730000/0xffff0000 -j MARK --set-xmark 0x1/0xffffffff',
    '-A POSTROUTING -m comment --comment "-j MARK \\" x" -m mark --mark 0x5 -j CLASSIFY --set-class 0007:0007',
    '-A POSTROUTING -o eth7+ -j MARK --set-xmark 0x1/0xffffffff',
    '-A POSTROUTING ! -o br0 -j MARK --set-xmark 0x1/0xffffffff',
    '-A POSTROUTING -j CLASSIFY --set-class 0001:0010',
    '-A POSTROUTING -j MARK --set-xmark 0x0/0x0',
    '-A POSTROUTING -j TEE --gateway 10.0.0.1',
    '-A FORWARD -j MARK --set-xmark 0x1/0xffffffff',
    '-A mine -j MARK --set-xmark 0x1/0xffffffff',
  ])
    assert.equal(reasons([out], { ...netfilter, tables: saved([rule]) }), [], rule);
});

test('iptables-legacy: a chain that is jumped to, and one that ends before', () => {
  const set = '-A mine -j MARK --set-xmark 0x1/0xffffffff';
  assert.is(reasons([into], { ...netfilter, tables: saved(['-A POSTROUTING -j mine', set]) }).length, 1);
  assert.is(reasons([into], { ...netfilter, tables: saved(['-A POSTROUTING -g mine', set]) }).length, 1);
  assert.equal(
    reasons([into], {
      ...netfilter,
      tables: saved(['-A POSTROUTING -j RETURN', '-A POSTROUTING -j mine', set]),
    }),
    [],
  );
});

test('iptables-legacy: who returns for some only leaves the others to what follows, who knows a mark returns for it', () => {
  const by = (...rules: string[]) => reasons([into], { ...netfilter, tables: saved(rules) }).length;
  const takes = '-A POSTROUTING -j MARK --set-xmark 0x1/0xffffffff';
  assert.is(by('-A POSTROUTING -m conntrack --ctstate NEW -j RETURN', takes), 1);
  assert.is(by('-A POSTROUTING -p tcp -j RETURN', takes), 1);
  const own = '-m mark --mark 0x76730000/0xffff0000';
  assert.is(by(`-A POSTROUTING ${own} -j RETURN`, takes), 0);
  assert.is(by(`-A POSTROUTING -m comment --comment "not ours" ${own} -j RETURN`, takes), 0);
  assert.is(by('-A POSTROUTING -m mark --mark 0x5 -j RETURN', takes), 1);
});

test('iptables-legacy: of routed guests the mark is taken on the way through the host, and the advice is its own', () => {
  const tables = saved(['-A FORWARD -i virbr0 -j MARK --set-xmark 0x0/0xffff0000']);
  assert.equal(reasons([routed(out)], { tables }), [
    'chain FORWARD of table mangle of iptables-legacy takes our mark from some of what it sends',
  ]);
  const [fault] = found({ ...healthy(new Map([['vnet0', mark]])), tables }, routed(out));
  assert.match(
    fault?.remedy ?? '',
    /^iptables-legacy -t mangle -S FORWARD shows the rule: .*"-m mark ! --mark 0x76730000\/0xffff0000"/,
  );
});

const flowtable = (devices: string, rule = 'ip protocol tcp flow add @fast') =>
  parseListing(`table inet filter {
	flowtable fast {
		hook ingress priority filter
		devices = { ${devices} }
	}

	chain forward {
		type filter hook forward priority filter; policy accept;
		${rule}
	}
}
`);

test('a flowtable lets pass what comes in by its devices', () => {
  const ways = [routed(out), routed(into)];
  assert.equal(reasons(ways, { tables: flowtable('virbr0, wan0') }), [
    'chain forward of table inet filter lets some of what it sends pass by the flowtable fast, where no chain of ours sees it',
    'chain forward of table inet filter lets some of what it receives pass by the flowtable fast, where no chain of ours sees it',
  ]);
  for (const [devices, deed] of [
    ['wan0', 'receives'],
    ['vnet0', 'sends'],
    ['virbr0', 'sends'],
  ] as const) {
    const [only = '', ...more] = reasons(ways, { tables: flowtable(devices) });
    assert.match(only, `lets some of what it ${deed} pass`, devices);
    assert.equal(more, []);
  }
  assert.equal(reasons(ways, { tables: flowtable('eth5, eth6') }), [], 'of others');
  assert.equal(
    reasons(ways, { tables: flowtable('virbr0, wan0', 'ip protocol tcp accept') }),
    [],
    'not used',
  );
  assert.equal(reasons(ways, { tables: flowtable('wan0, virbr0', 'iifname "eth5" flow add @fast') }), []);
  assert.equal(reasons([out, into], { tables: flowtable('eth0, br0') }), [], 'a bridge forwards');
});

test('the advice has the devices of that flowtable, of several of its name', () => {
  const other = (table: string, devices: string) =>
    parseListing(`table ${table} {
	flowtable fast {
		hook ingress priority filter
		devices = { ${devices} }
	}
}
`);
  const tables = [...other('ip filter', 'eth5'), ...other('inet nat', 'eth6'), ...flowtable('virbr0, wan0')];
  const [fault] = found({ ...healthy(new Map([['vnet0', mark]])), tables }, routed(out));
  assert.is(
    fault?.remedy,
    'take out that rule, or from the devices of the flowtable (virbr0, wan0) those of guests and uplinks',
  );
});

test('by way of the host: what takes a mark there is told of a host that forwards', () => {
  const tables = parseListing(`table ip m {
	chain c {
		type filter hook prerouting priority mangle; policy accept;
		meta mark set ct mark
	}
}
`);
  assert.equal(reasons([beside(out), beside(into)], { tables, routes: true }), [
    'chain c of table ip m takes our mark from some of what it sends by way of the host',
    'chain c of table ip m takes our mark from some of what it receives by way of the host',
  ]);
  assert.equal(reasons([beside(out), beside(into)], { tables }), []);
  assert.equal(reasons([out, into], { tables, routes: true }), []);
});

test('a table of ours whose chain drops cuts its guests off', () => {
  const listing = (policy: string, rule = '') => `table bridge virt-shaper {
	map guests {
		type ifname . ifname : verdict
		elements = { "vnet0" . "eth0" : goto out-10 }
	}

	chain out-10 {
		meta mark set 0x76730010 meta priority set 1:10
	}

	chain forward {
		type filter hook forward priority 250; policy ${policy};${rule && `\n\t\t${rule}`}
		iifname . oifname vmap @guests
	}
}
`;
  const by = (text: string) => reasons([out], { table: { kind: 'changed' }, tables: parseListing(text) });
  assert.equal(by(listing('accept')), []);
  assert.equal(by(listing('drop')), ['the nftables table drops what vnet0 sends']);
  assert.equal(by(listing('accept', 'drop')), ['the nftables table drops what vnet0 sends']);
  assert.equal(by(listing('accept', 'ip protocol udp drop')), [], 'some only: a limit of ours');
  assert.equal(by(listing('accept').replace('\tmap guests', '\tflags dormant\n\n\tmap guests')), [
    'the nftables table does not lead what vnet0 sends to its class',
  ]);
});

test('a filter that goes to another chain does what is done there', () => {
  const filter = (chain: number, action: object, pref = 10) => ({
    pref,
    kind: 'matchall',
    protocol: 'all',
    chain,
    options: { actions: [action as { kind: string }] },
  });
  const leads = filter(0, { kind: 'gact', control_action: { type: 'goto', chain: 5 } });
  const takes = filter(5, { kind: 'skbedit', priority: ':1', control_action: { type: 'pipe' } });
  const passes = filter(5, { kind: 'gact', control_action: { type: 'pass' } });
  const of = (...filters: object[]) => {
    const facts = healthy(new Map([['vnet0', mark]]));
    facts.clsacts.add('eth0');
    facts.filters.set('eth0 egress', filters as never);
    return found(facts, out).map(({ kind }) => kind);
  };
  assert.equal(of(leads, takes), ['filter']);
  assert.equal(of(leads, passes), []);
  assert.equal(of(takes), [], 'nobody goes there');
  const loop = filter(5, { kind: 'gact', control_action: { type: 'goto', chain: 5 } });
  assert.equal(of(leads, loop), [], 'a loop ends');
});

test('where nobody is on any way, none is looked along', () => {
  const facts = healthy(new Map([['vnet0', mark]]));
  const lets = parseListing('table ip theirs {\n\tchain c {\n\t\tip saddr 10.0.0.1 drop\n\t}\n}\n');
  assert.is(makeLook(facts), undefined);
  assert.is(makeLook({ ...facts, tables: lets }), undefined);
  const marks = parseListing('table ip theirs {\n\tchain c {\n\t\tmeta mark set 0x1\n\t}\n}\n');
  const foreign = [{ pref: 10, kind: 'matchall', protocol: 'all', chain: 0 }];
  for (const change of [
    { table: { kind: 'changed' } as const },
    { tables: marks },
    { filters: new Map([...facts.filters, ['vnet0 ingress', foreign]]) },
    { programs: [{ device: 'vnet0', where: 'xdp', name: 'p' }] },
  ])
    assert.type(makeLook({ ...facts, ...change }), 'function', Object.keys(change).join());
});

test('programs: tcx decides, XDP sees first', () => {
  const look = (device: string, where: string) =>
    [out, into].map((way) =>
      found({ ...healthy(new Map([['vnet0', mark]])), programs: [{ device, where, name: 'p' }] }, way).map(
        ({ kind }) => kind,
      ),
    );
  assert.equal(look('vnet0', 'tcx_egress'), [[], ['program']]);
  assert.equal(look('eth0', 'tcx_egress'), [['program'], []]);
  assert.equal(look('eth0', 'tcx_ingress'), [[], []]);
  assert.equal(look('eth0', 'xdp'), [[], ['xdp']]);
  assert.equal(look('vnet0', 'xdpgeneric'), [['xdp'], []]);
});

test('what ip and bpftool say of programs is read; of tcx only where there is one of its kind', async () => {
  const text =
    '6: vnet0@if5: <BROADCAST,UP> mtu 1500 xdpgeneric qdisc noqueue master br0 qlen 1000\\    link/ether 3a:3c:6f:e9:c0:42 brd ff:ff:ff:ff:ff:ff\\    prog/xdp id 309 name theirs tag 57cd\n' +
    '7: vnet1: <UP> mtu 1500 qdisc noqueue master br0\\    link/ether 3a:3c:6f:e9:c0:43 brd ff:ff\n';
  const links = parseLinks(text, new Set(['vnet0', 'vnet1']));
  assert.equal(programsOn(links), [{ device: 'vnet0', where: 'xdpgeneric', name: 'of id 309' }]);
  const answers: Record<string, unknown> = {
    prog: [{ id: 3, type: 'sched_cls' }],
    net: [
      {
        xdp: [],
        tc: [
          { devname: 'vnet0', ifindex: 6, kind: 'tcx/egress', name: 'theirs', prog_id: 3 },
          { devname: 'eth0', ifindex: 2, kind: 'clsact/egress', name: 'x', id: 4 },
        ],
      },
    ],
  };
  const asked = async (_tool: string, [, what = '']: string[]) => ({ stdout: JSON.stringify(answers[what]) });
  assert.equal(await readTcx(asked as never), [{ device: 'vnet0', where: 'tcx_egress', name: 'theirs' }]);
  answers.prog = [{ id: 1, type: 'cgroup_skb' }];
  assert.equal(await readTcx(asked as never), []);
});

test.run();

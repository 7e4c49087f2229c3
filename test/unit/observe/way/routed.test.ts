// The chains of others on the way of routed frames: where each of them is asked, by what the mark is needed there for.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseListing } from '../../../../src/kernel/nft/listing.ts';
import type { Way } from '../../../../src/observe/way/passage.ts';
import { passRouted } from '../../../../src/observe/way/routed.ts';
import { makeWalk } from '../../../../src/observe/way/walk.ts';
import { healthy } from '../../../support/facts.ts';

const facts = healthy(new Map());
const [mark, routedMark] = [0x76730010, 0x76740010];

/** @param base as `ip postrouting 310`; the rule sets the mark where no other is given */
function pass(
  direction: 'out' | 'in',
  port: Way['port'],
  base: string,
  rule = 'meta mark set 0x00000007',
  bridgedIp = facts.bridged,
  at?: string,
) {
  const [family = '', hook = '', priority = ''] = base.split(' ');
  const chain = `\tchain theirs {\n\t\ttype filter hook ${hook}${at === undefined ? '' : ` device "${at}"`} priority ${priority}; policy accept;\n\t\t${rule}\n\t}\n`;
  const walk = makeWalk(parseListing(`table ${family} t {\n${chain}}\n`));
  const device = direction === 'out' ? 'wg0' : 'ifb-wg0';
  const way = { direction, tap: 'vnet0', port, device, mark, class: '1:10' };
  return passRouted(way, { bridge: 'br0', mark: routedMark }, { ...facts, bridged: bridgedIp }, walk);
}

const free = { name: 'wg0' };
const bridged = { name: 'eth1', bridge: 'br1' };
const lost = { mark, priority: undefined };
const kept = { mark, priority: '1:10' };
const late = { mark: 7, priority: '1:10' };

function outcome(passed: ReturnType<typeof pass>) {
  return passed && { mark: passed.mark, priority: passed.priority };
}

test('sent by a port of no bridge: marked at the bridge, given its class behind the routing', () => {
  assert.equal(outcome(pass('out', free, 'bridge input 240')), kept, 'before us');
  assert.equal(outcome(pass('out', free, 'bridge input 260')), lost);
  assert.equal(outcome(pass('out', free, 'inet forward 0')), lost);
  assert.equal(outcome(pass('out', free, 'inet postrouting 290')), lost);
  assert.equal(outcome(pass('out', free, 'inet postrouting 310')), late);
  assert.equal(outcome(pass('out', free, 'bridge output 100')), undefined, 'no bridge on this way');
});

test('sent by a port of another bridge: given its class where that bridge puts it out', () => {
  assert.equal(outcome(pass('out', bridged, 'inet postrouting 310')), lost);
  assert.equal(outcome(pass('out', bridged, 'bridge output 240')), lost);
  assert.equal(outcome(pass('out', bridged, 'bridge output 260')), late);
  assert.equal(outcome(pass('out', bridged, 'bridge postrouting 0')), late);
});

test('received by a port of no bridge: marked where it is forwarded', () => {
  assert.equal(outcome(pass('in', free, 'inet prerouting 0')), kept, 'what it had before counts for nothing');
  assert.equal(outcome(pass('in', free, 'inet forward 240')), kept);
  assert.equal(outcome(pass('in', free, 'inet forward 260')), lost);
  assert.equal(outcome(pass('in', free, 'inet postrouting 0')), lost);
  assert.equal(outcome(pass('in', free, 'bridge output 260')), late);
});

test("the host's own answers: whoever takes the mark of what they answer, or their own, keeps them from the class", () => {
  const answers = (base: string, port: Way['port'] = free, reflects = true) => {
    const [family = '', hook = '', priority = ''] = base.split(' ');
    const chain = `\tchain theirs {\n\t\ttype filter hook ${hook} priority ${priority}; policy accept;\n\t\tmeta mark set 0x00000007\n\t}\n`;
    const walk = makeWalk(parseListing(`table ${family} t {\n${chain}}\n`));
    const way = { direction: 'out', tap: 'vnet0', port, device: 'wg0', mark, class: '1:10' } as const;
    const routed = { bridge: 'br0', mark: routedMark, beside: true, answered: true } as const;
    return outcome(passRouted(way, routed, { ...facts, reflects }, walk));
  };
  for (const base of [
    'bridge input 260',
    'inet prerouting 0',
    'inet input 0',
    'inet output 0',
    'inet postrouting 290',
  ])
    assert.equal(answers(base)?.priority, undefined, base);
  assert.equal(answers('ip output 0'), kept, 'of one family: some of them');
  assert.equal(answers('bridge input 240'), kept);
  assert.equal(answers('inet postrouting 310'), late);
  assert.equal(answers('ip forward 0'), undefined, 'they are not forwarded');
  assert.equal(answers('ip output 0', free, false), undefined, 'none has a mark');
  assert.equal(answers('bridge output 240', bridged), lost);
  assert.equal(answers('bridge output 260', bridged), late);
});

test('the last chains on the way are those of the device by which it leaves', () => {
  const at = (direction: 'out' | 'in', device: string) => {
    const rule = 'meta mark set 0x00000007';
    return outcome(pass(direction, free, `netdev egress 0`, rule, facts.bridged, device));
  };
  assert.equal([at('out', 'wg0'), at('in', 'vnet0')], [late, late]);
  assert.equal([at('out', 'vnet0'), at('in', 'wg0')], [undefined, undefined]);
});

test('after a jump the rules behind it follow, after a goto none does, unless the frame does not go there', () => {
  const by = (rule: string, aside = '') => {
    const chains = `\tchain aside {\n\t\t${aside}\n\t}\n\n\tchain theirs {\n\t\ttype filter hook postrouting priority 310; policy accept;\n\t\t${rule}\n\t\tmeta mark set 0x00000007\n\t}\n`;
    const walk = makeWalk(parseListing(`table inet t {\n${chains}}\n`));
    const way = { direction: 'out', tap: 'vnet0', port: free, device: 'wg0', mark, class: '1:10' } as const;
    const passed = passRouted(way, { bridge: 'br0', mark: routedMark }, facts, walk);
    return `${passed?.mark === mark ? 'keeps' : 'loses'}${passed?.dropped ? ', dropped' : ''}`;
  };
  assert.is(by('jump aside'), 'loses');
  assert.is(by('jump aside', 'return'), 'loses');
  assert.is(by('jump aside', 'accept'), 'keeps');
  assert.is(by('jump aside', 'drop'), 'keeps, dropped');
  assert.is(by('goto aside'), 'keeps');
  assert.is(by('goto aside', 'return'), 'keeps');
  assert.is(by('goto aside', 'drop'), 'keeps, dropped');
  assert.is(by('meta mark 0x5 goto aside'), 'loses');
  assert.is(by('ip saddr 10.0.0.1 goto aside'), 'loses', 'some do not go there');
  assert.is(by('goto nowhere'), 'keeps');
});

test('whoever drops by the mark is asked by the one that the frame has there', () => {
  const drops = (direction: 'out' | 'in', port: Way['port'], base: string, mark: string) =>
    pass(direction, port, base, `meta mark ${mark} meta priority set 1:3 drop`)?.dropped;
  const [none, way, own] = ['0x0', '0x76740010', '0x76730010'];
  const hooks: [direction: 'out' | 'in', port: Way['port'], base: string, mark: string][] = [
    ['out', free, 'inet prerouting 0', way],
    ['out', free, 'bridge input 240', none],
    ['out', free, 'bridge input 260', way],
    ['out', free, 'inet postrouting 290', way],
    ['out', free, 'inet postrouting 310', own],
    ['out', bridged, 'inet postrouting 310', way],
    ['out', bridged, 'bridge output 240', way],
    ['out', bridged, 'bridge output 260', own],
    ['in', free, 'inet prerouting 0', none],
    ['in', free, 'inet forward 240', none],
    ['in', free, 'inet forward 260', way],
    ['in', free, 'bridge output 240', way],
    ['in', free, 'bridge output 260', own],
  ];
  for (const [direction, port, base, seen] of hooks)
    for (const mark of [none, way, own])
      assert.is(drops(direction, port, base, mark), mark === seen, `${direction} ${base} ${mark}`);
});

test('where the bridge asks the chains of IP, it does so before the mark is there, and not again', () => {
  const asked = (direction: 'out' | 'in', family: string, ...on: ('ip' | 'ip6')[]) => {
    const bridgedIp = { ip: on.includes('ip'), ip6: on.includes('ip6') };
    const by = (rule: string) => pass(direction, free, `${family} prerouting 0`, rule, bridgedIp);
    const takes = by('meta mark set 0x00000007')?.changes.some(({ what }) => what === 'mark');
    return [takes ? 'takes' : 'leaves', by('meta mark set 0x7 drop')?.dropped ? 'drops' : 'may drop'];
  };
  for (const family of ['ip', 'ip6', 'inet'])
    for (const on of [[], ['ip'], ['ip6'], ['ip', 'ip6']] as const)
      assert.is(asked('in', family, ...on)[0], 'leaves', `${family} ${on}: it comes by no bridge`);
  for (const on of [[], ['ip'], ['ip6'], ['ip', 'ip6']] as const)
    assert.equal(asked('in', 'inet', ...on), ['leaves', 'drops'], `${on}`);
  assert.equal(asked('out', 'inet'), ['takes', 'drops']);
  assert.equal(asked('out', 'inet', 'ip'), ['takes', 'may drop']);
  assert.equal(asked('out', 'inet', 'ip6'), ['takes', 'may drop']);
  assert.equal(asked('out', 'inet', 'ip', 'ip6'), ['leaves', 'drops']);
  assert.equal(
    [asked('out', 'ip'), asked('out', 'ip', 'ip6'), asked('out', 'ip', 'ip')].map(([how]) => how),
    ['takes', 'takes', 'leaves'],
  );
  assert.equal(
    [asked('out', 'ip6'), asked('out', 'ip6', 'ip'), asked('out', 'ip6', 'ip6')].map(([how]) => how),
    ['takes', 'takes', 'leaves'],
  );
});

test('a mark that some may have lost is whole again where it is set for all; one that nobody knows counts each time', () => {
  const by = (...rules: string[]) => {
    const passed = pass('out', free, 'inet postrouting 290', rules.join('\n\t\t'));
    return passed?.changes.map(({ what, match }) => `${what} ${match}`);
  };
  const [some, all] = ['ip saddr 10.0.0.1 meta mark set 0x00000007', 'meta mark set 0x76740010'];
  assert.equal(by(some), ['mark maybe']);
  assert.equal(by(some, all), []);
  assert.equal(by(all, some), ['mark maybe']);
  assert.equal(by('meta mark set ct mark', 'ip saddr 10.0.0.1 meta mark set ct mark'), [
    'mark yes',
    'mark maybe',
  ]);
});

test('a priority that is set before ours counts for nothing; one behind it is what the frame has', () => {
  const priority = 'meta priority set 1:3';
  assert.equal(outcome(pass('out', free, 'inet postrouting 290', priority)), kept);
  assert.equal(pass('out', free, 'inet postrouting 290', priority)?.changes, []);
  assert.is(pass('out', free, 'inet postrouting 310', priority)?.priority, '1:3');
});

test('where somebody has changed our table it is walked itself: who takes the mark before it is still to blame', () => {
  const ours = `table bridge virt-shaper {
	map senders {
		type ifname : mark
		elements = { "vnet0" : 0x76740010 }
	}

	map sent {
		type ifname . mark : verdict
		elements = { "eth1" . 0x76740010 : goto out-10 }
	}

	chain out-10 {
		meta mark set 0x76730010 meta priority set 1:10
	}

	chain input {
		type filter hook input priority 250; policy accept;
		meta mark set iifname map @senders
	}

	chain output {
		type filter hook output priority 250; policy accept;
		oifname . meta mark vmap @sent
	}
}
`;
  const look = (theirs: string) => {
    const walk = makeWalk(parseListing(ours + theirs));
    const way = {
      direction: 'out',
      tap: 'vnet0',
      port: bridged,
      device: 'eth1',
      mark,
      class: '1:10',
    } as const;
    const changed = { ...facts, table: { kind: 'changed' } } as const;
    return passRouted(way, { bridge: 'br0', mark: routedMark }, changed, walk);
  };
  const chain = (hook: string) =>
    `table ip t {\n\tchain theirs {\n\t\ttype filter hook ${hook} priority 0; policy accept;\n\t\tmeta mark set 0x00000007\n\t}\n}\n`;
  const blamed = (passed: ReturnType<typeof look>) =>
    passed?.changes.filter((one) => !one.ours && one.what === 'mark').map(({ where }) => where);
  const chainAt = (base: string, rule: string) =>
    `table bridge t {\n\tchain theirs {\n\t\ttype filter hook ${base}; policy accept;\n\t\t${rule}\n\t}\n}\n`;
  const some = 'ether type arp meta mark set 0x00000007 meta priority set 1:3';
  assert.equal(outcome(look('')), kept);
  assert.equal(
    blamed(look(chainAt('input priority 240', some))),
    [],
    'ours comes behind it and sets the mark',
  );
  assert.equal(blamed(look(chainAt('input priority 260', some))), ['chain theirs of table bridge t']);
  assert.equal(blamed(look(chainAt('output priority 240', some))), ['chain theirs of table bridge t']);
  const rest = look(chainAt('output priority 240', 'ether type arp meta priority set 1:3'));
  assert.equal(
    rest?.changes.filter(({ ours }) => !ours),
    [],
    'ours sets the class behind it',
  );
  assert.equal(blamed(look(chain('prerouting'))), ['chain theirs of table ip t']);
  assert.equal(blamed(look(chain('postrouting'))), ['chain theirs of table ip t']);
});

test('of two chains with one priority the later made is asked first: theirs behind ours if it was there before', () => {
  const look = (direction: 'out' | 'in', port: Way['port'], base: string) => {
    const [family = '', hook = '', priority = ''] = base.split(' ');
    const chain = `\tchain theirs {\n\t\ttype filter hook ${hook} priority ${priority}; policy accept;\n\t\tmeta mark set 0x00000007\n\t}\n`;
    const tables = parseListing(`table ${family} t {\n${chain}}\n`);
    const device = direction === 'out' ? 'wg0' : 'ifb-wg0';
    const way = { direction, tap: 'vnet0', port, device, mark, class: '1:10' };
    const by = (walk: ReturnType<typeof makeWalk>) =>
      outcome(passRouted(way, { bridge: 'br0', mark: routedMark }, facts, walk));
    return {
      earlier: by(makeWalk(tables)),
      later: by(makeWalk(tables.map((one) => ({ ...one, later: true })))),
    };
  };
  // Where it is marked, what comes before counts for nothing; where it gets its class, what comes behind takes only the mark.
  assert.equal(look('out', free, 'bridge input 250'), { earlier: lost, later: kept });
  assert.equal(look('in', free, 'inet forward 250'), { earlier: lost, later: kept });
  assert.equal(look('out', free, 'inet postrouting 300'), { earlier: late, later: lost });
  assert.equal(look('in', free, 'bridge output 250'), { earlier: late, later: lost });
  assert.equal(look('out', bridged, 'bridge output 250'), { earlier: late, later: lost });
});

test('whoever takes the mark or the class is named, before ours and behind it', () => {
  const named = (base: string, rule: string) =>
    pass('out', free, base, rule)?.changes.map(({ what, where }) => `${what} by ${where}`);
  assert.equal(named('inet postrouting 290', 'meta mark set 0x7'), ['mark by chain theirs of table inet t']);
  assert.equal(named('inet postrouting 310', 'meta mark set 0x7'), ['mark by chain theirs of table inet t']);
  assert.equal(named('inet postrouting 310', 'meta priority set 1:3'), [
    'priority by chain theirs of table inet t',
  ]);
});

test.run();

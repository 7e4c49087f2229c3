// One rule of somebody's against one frame: every kind of term, and what is done where it matches, does not, or may.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseListing } from '../../../../src/kernel/nft/listing.ts';
import type { Frame } from '../../../../src/observe/way/frame.ts';
import { applyRule, type Deed, mayChange } from '../../../../src/observe/way/rule.ts';

const [table] = parseListing(`table inet t {
	set ports {
		type ifname
		elements = { "vnet0", "eth*" counter packets 1 bytes 2 }
	}
	set pairs {
		type ifname . ifname
		elements = { "vnet0" . "eth0" comment "a : b", "vnet1" . "eth1" }
	}
	map marks {
		type ifname : mark
		elements = { "vnet0" : 0x00000007, "vnet1" : 0x00000008 }
	}
	map ranges {
		type mark : verdict
		elements = { 0x10-0x1f : goto low, 0x20-0x2f : drop }
	}
	map classes {
		type mark : classid
		elements = { 0x00000010 : 1:10 }
	}
	chain c {
		type filter hook forward priority 0; policy accept;
	}
}
`);

const frame: Frame = { iifname: 'vnet0', oifname: 'eth0', bridge: 'br0', mark: 0x10, priority: '1:10' };

/** The rule's words as parseListing has them. */
function wordsOf(rule: string): string[] {
  const [made] = parseListing(`table inet t {\n\tchain c {\n\t\t${rule}\n\t}\n}\n`);
  return made?.chains.get('c')?.rules[0] ?? [];
}

function deeds(rule: string, change: Partial<Frame> = {}): string[] {
  assert.ok(table);
  return applyRule(wordsOf(rule), table, { ...frame, ...change }).map(told);
}

function told(deed: Deed): string {
  const { kind, match } = deed;
  const what = 'to' in deed ? deed.to : 'verdict' in deed ? deed.verdict : String(deed.value);
  return `${kind} ${what}${match === 'yes' ? '' : ` ${match}`}`;
}

/** Whether a rule of these terms matches. */
function matches(terms: string, change: Partial<Frame> = {}): string {
  const [deed] = deeds(`${terms} accept`, change);
  return deed === undefined ? 'no' : deed === 'verdict accept' ? 'yes' : deed;
}
const maybe = 'verdict accept maybe';

test('names of devices: one, others, those of a beginning, those of a set', () => {
  assert.is(matches('iifname "vnet0"'), 'yes');
  assert.is(matches('iif "vnet0"'), 'yes');
  assert.is(matches('iifname "vnet1"'), 'no');
  assert.is(matches('iifname != "vnet1"'), 'yes');
  assert.is(matches('oifname "eth*"'), 'yes');
  assert.is(matches('oif "eth0"'), 'yes');
  assert.is(matches('oifname != "eth*"'), 'no');
  assert.is(matches('iifname { "vnet0", "vnet1" }'), 'yes');
  assert.is(matches('iifname != { "vnet0", "vnet1" }'), 'no');
  assert.is(matches('iifname @ports'), 'yes');
  assert.is(matches('oifname @ports'), 'yes');
  assert.is(matches('iifname @ports', { iifname: 'tap0' }), 'no');
  assert.is(matches('iifname . oifname @pairs'), 'yes');
  assert.is(matches('iifname . oifname @pairs', { oifname: 'eth1' }), 'no');
  assert.is(matches('iifname . oifname { "vnet0" . "eth0" }'), 'yes');
  assert.is(matches('iifname . oifname { "vnet*" . "eth0" }'), 'yes');
  assert.is(matches('iifname . oifname { "vnet*" . "eth1" }'), 'no', 'both have to fit');
  assert.is(matches('iifname . oifname { "tap*" . "eth*" }'), 'no');
  assert.is(matches('iifname . oifname { "tap*" . "eth*", "vnet*" . "eth*" }'), 'yes');
  assert.is(matches('meta ibrname "br0"'), 'yes');
  assert.is(matches('meta ibrname "br0"', { iifname: '' }), 'no');
  assert.is(matches('meta obrname "br1"'), 'no');
  assert.is(matches('meta obrname "br0"', { iifname: '' }), 'yes');
});

test('marks and priorities: as they are, in part, in a range', () => {
  assert.is(matches('meta mark 0x00000010'), 'yes');
  assert.is(matches('mark 0x10'), 'yes');
  assert.is(matches('meta mark 0x00000011'), 'no');
  assert.is(matches('meta mark & 0x0000000f == 0x00000000'), 'yes');
  assert.is(matches('meta mark and 0x000000f0 != 0x00000010'), 'no');
  assert.is(matches('meta mark | 0x00000001 == 0x00000011'), 'yes');
  assert.is(matches('meta mark or 0x1 == 0x11'), 'yes');
  assert.is(matches('meta mark ^ 0x00000011 == 0x00000001'), 'yes');
  assert.is(matches('meta mark xor 0x11 == 0x1'), 'yes');
  assert.is(matches('meta mark & 0x80000000 == 0x80000000', { mark: 0x80000001 }), 'yes', 'no sign');
  assert.is(matches('meta mark & what == 0x1'), maybe);
  assert.is(matches('meta mark 0x10-0x1f'), 'yes');
  assert.is(matches('meta mark 0x11-0x1f'), 'no');
  assert.is(matches('meta mark 0x1-0x10'), 'yes');
  assert.is(matches('meta mark 0x1-0xf'), 'no');
  assert.is(matches('meta mark 0x00000000/28'), 'no');
  assert.is(matches('meta mark 0x00000010/28'), 'yes');
  assert.is(matches('meta mark < 0x11'), 'yes');
  assert.is(matches('meta mark < 0x10'), 'no');
  assert.is(matches('meta mark <= 0x10'), 'yes');
  assert.is(matches('meta mark > 0x10'), 'no');
  assert.is(matches('meta mark > 0xf'), 'yes');
  assert.is(matches('meta mark >= 0x10'), 'yes');
  assert.is(matches('meta mark >= 0x11'), 'no');
  assert.is(matches('meta priority 1:10'), 'yes');
  assert.is(matches('meta priority none'), 'no');
});

test('what is not known of the frame, or not understood, may match', () => {
  assert.is(matches('meta mark 0x10', { mark: undefined }), maybe);
  assert.is(matches('iifname . meta mark { "vnet0" . 0x00000010 }'), 'yes');
  assert.is(matches('iifname . meta mark { "vnet0" . 0x00000010 }', { mark: undefined }), maybe);
  assert.is(matches('iifname . meta mark != { "vnet0" . 0x00000010 }', { mark: undefined }), maybe);
  assert.is(matches('ip saddr 10.0.0.1'), maybe);
  assert.is(matches('ip saddr 10.0.0.1 iifname "vnet1"'), 'no', 'what follows is looked at all the same');
  assert.is(matches('tcp dport { 22, 80 }'), maybe);
  assert.is(matches('ct state established,related'), maybe);
  assert.is(matches('unheard-of iifname "vnet1"'), 'no');
  assert.is(matches('iifname @unknown'), 'yes', 'a set that is not listed may hold it');
  assert.is(matches('xt match "owner"'), maybe);
});

test('what changes nothing about it', () => {
  for (const words of [
    'counter packets 3 bytes 4',
    'counter',
    'comment "accept iifname"',
    'log prefix "x" level info flags all',
    'log',
    'dup to 10.0.0.1',
    'add @seen { ip saddr }',
    'update @seen { ip saddr }',
    'notrack',
  ]) {
    assert.is(matches(words), 'yes', words);
    assert.is(matches(`${words} iifname "vnet1"`), 'no', words);
  }
  assert.is(matches('masquerade random persistent'), 'yes');
});

test('verdicts end the rule', () => {
  assert.equal(deeds('accept drop'), ['verdict accept']);
  assert.equal(deeds('jump "other"'), ['verdict jump other']);
  assert.equal(deeds('goto other drop'), ['verdict goto other']);
  assert.equal(deeds('return'), ['verdict return']);
  assert.equal(deeds('reject with icmp port-unreachable'), ['verdict drop maybe']);
  assert.equal(deeds('queue to 1'), ['verdict accept maybe']);
  assert.equal(deeds('fwd to "ids0"'), ['forward ids0']);
  assert.equal(deeds('flow add @f counter drop'), ['flow f', 'verdict drop']);
  assert.equal(deeds('flow add @f drop'), ['flow f', 'verdict drop']);
  assert.equal(deeds('iifname "vnet1" drop'), []);
});

test('a mark or a priority that is set, and what follows by it', () => {
  assert.equal(deeds('meta mark set 0x00000007'), ['mark 7']);
  assert.equal(deeds('meta mark set 7 meta mark 0x7 drop'), ['mark 7', 'verdict drop']);
  assert.equal(deeds('meta mark set 7 meta mark 0x10 drop'), ['mark 7']);
  assert.equal(deeds('meta mark set meta mark & 0xffff0000 | 0x1'), ['mark 1']);
  assert.equal(deeds('meta mark set mark ^ 0x11'), ['mark 1']);
  assert.equal(deeds('meta mark set 0x1 | 0x2 drop'), ['mark 3', 'verdict drop']);
  assert.equal(deeds('meta mark set ct mark'), ['mark undefined']);
  assert.equal(deeds('meta mark set ct mark meta mark 0x10 drop'), ['mark undefined', 'verdict drop maybe']);
  assert.equal(deeds('ip saddr 10.0.0.1 meta mark set 0x7 meta mark 0x10 drop'), [
    'mark 7 maybe',
    'verdict drop maybe',
  ]);
  assert.equal(deeds('meta priority set 1:20 meta priority 1:20 drop'), ['priority 1:20', 'verdict drop']);
  assert.equal(deeds('meta priority set none'), ['priority none']);
  assert.equal(deeds('meta priority set :20'), ['priority :20']);
  assert.equal(deeds('meta priority set ct mark'), ['priority undefined']);
  assert.equal(deeds('ct mark set 0x1 drop'), ['verdict drop'], 'of the flow, not of the frame');
});

test('a value from a map, whose key may not be there or not be known', () => {
  assert.equal(deeds('meta mark set iifname map @marks'), ['mark 7']);
  assert.equal(deeds('meta mark set iifname map @marks drop', { iifname: 'tap0' }), [], 'then the rule ends');
  assert.equal(deeds('meta mark set oifname map { "eth0" : 0x00000009 }'), ['mark 9']);
  assert.equal(deeds('meta mark set iifname map @unknown'), ['mark undefined maybe'], 'it is not listed');
  assert.equal(deeds('meta priority set meta mark map @classes'), ['priority 1:10']);
  assert.equal(deeds('meta priority set meta mark map @classes', { mark: undefined }), [
    'priority undefined maybe',
  ]);
});

test('a verdict from a map, and all that it may be', () => {
  assert.equal(deeds('meta mark vmap @ranges'), ['verdict goto low']);
  assert.equal(deeds('meta mark vmap @ranges', { mark: 0x2f }), ['verdict drop']);
  assert.equal(deeds('meta mark vmap @ranges', { mark: 0x30 }), []);
  assert.equal(deeds('meta mark vmap @ranges', { mark: undefined }), [
    'verdict goto low maybe',
    'verdict drop maybe',
  ]);
  assert.equal(
    deeds(
      'iifname . meta mark vmap { "vnet0" . 0x00000010 : drop, "vnet0" . 0x00000011 : accept, "vnet1" . 0x10 : goto x }',
      { mark: undefined },
    ),
    ['verdict drop maybe', 'verdict accept maybe'],
  );
  assert.equal(deeds('ip saddr 10.0.0.1 iifname vmap { "vnet0" : drop }'), ['verdict drop maybe']);
});

test('targets of iptables-nft that nft does not translate: those of marks and classes', () => {
  for (const name of ['MARK', 'CONNMARK', 'CONNSECMARK', 'SECMARK', 'HMARK', 'TPROXY', 'mark'])
    assert.equal(deeds(`xt target "${name}"`), ['mark undefined'], name);
  assert.equal(deeds('xt target "CLASSIFY" drop'), ['priority undefined', 'verdict drop']);
  assert.equal(deeds('xt target "TEE"'), []);
});

test('which rules may change anything but whether it passes', () => {
  const may = (rule: string) => mayChange(wordsOf(rule));
  assert.ok(may('iifname "vnet0" meta mark set 0x1'));
  assert.ok(may('meta priority set 1:1'));
  assert.ok(may('fwd to "x"'));
  assert.ok(may('flow add @f'));
  assert.ok(may('xt target "MARK"'));
  assert.not(may('xt target "CHECKSUM"'), "libvirt's, on most hosts");
  assert.not(may('xt match "mark" accept'));
  assert.not(may('tcp option maxseg size set 1400'));
  assert.not(may('iifname "vnet0" drop'));
});

test.run();

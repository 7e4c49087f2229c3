// libvirt's XML, as libvirt writes it, and at the edges of what a tenant can make of it. The rest is in test/fuzz.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maxDomainXml, parseDomain } from '../../../src/guests/domain-xml.ts';
import type { Guest } from '../../../src/guests/guest.ts';
import { Failure } from '../../../src/system/errors.ts';

const bridged = "<interface type='bridge'><source bridge='br0'/><target dev='vnet0'/></interface>";

function parse(devices: string, name = '<name>cliff</name>', called = 'cliff'): Guest {
  return parseDomain(
    `<domain type='kvm' id='1'>${name}<devices>${devices}</devices></domain>`,
    called,
    'qemu',
  );
}

/** Why the only NIC is skipped. */
function skipped(nic: string): string {
  const { nics, skipped } = parse(nic);
  assert.equal(nics, []);
  assert.is(skipped?.length, 1);
  return skipped?.[0]?.reason ?? '';
}

function fails(xml: string, message: RegExp, name = 'cliff'): void {
  assert.throws(
    () => parseDomain(xml, name, 'qemu'),
    (error: unknown) => error instanceof Failure && message.test(error.message),
    String(message),
  );
}

test('a guest with one NIC, and one with two', () => {
  assert.equal(parse(bridged), {
    name: 'cliff',
    driver: 'qemu',
    nics: [{ tap: 'vnet0', bridge: 'br0' }],
  });
  const second = bridged.replace('vnet0', 'vnet1').replace('br0', 'br1');
  assert.equal(parse(bridged + second).nics, [
    { tap: 'vnet0', bridge: 'br0' },
    { tap: 'vnet1', bridge: 'br1' },
  ]);
});

test('uuid and MAC are taken over', () => {
  const uuid = 'c7a5fdbd-cdaf-9455-926a-d65c16db1809';
  const nic = bridged.replace('<source', "<mac address='52:54:00:6b:3c:58'/><source");
  const guest = parse(nic, `<name>cliff</name><uuid>${uuid}</uuid>`);
  assert.is(guest.uuid, uuid);
  assert.is(guest.nics[0]?.mac, '52:54:00:6b:3c:58');
});

test("type='network' on a bridge network is a NIC like any other; before it has a bridge it is not", () => {
  const { nics } = parse(
    "<interface type='network'><source network='lan' portid='x' bridge='virbr0'/><target dev='vnet7'/></interface>",
  );
  assert.equal(nics, [{ tap: 'vnet7', bridge: 'virbr0' }]);
  assert.is(
    skipped("<interface type='network'><source network='lan'/><target dev='vnet7'/></interface>"),
    "type='network' names no bridge",
  );
});

for (const type of [
  'user',
  'direct',
  'hostdev',
  'vhostuser',
  'vdpa',
  'udp',
  'vds',
  'null',
  'mcast',
  'server',
  'client',
  'internal',
]) {
  test(`type='${type}' is named and skipped`, () => {
    const nic = `<interface type='${type}'><source dev='eth0' bridge='br0'/><target dev='macvtap0'/></interface>`;
    assert.match(
      skipped(nic) ?? '',
      new RegExp(`^type='${type}'( \\(macvtap\\))? does not cross a Linux bridge$`),
    );
    assert.is(parse(nic).skipped?.[0]?.nic, 'macvtap0');
  });
}

test('Open vSwitch is named and skipped, though its type is bridge', () => {
  const nic = bridged.replace('<source', "<virtualport type='openvswitch'/><source");
  assert.is(skipped(nic), 'Open vSwitch does its own shaping');
});

test('a NIC of a guest that is not running yet has no tap', () => {
  assert.is(
    skipped("<interface type='bridge'><source bridge='br0'/></interface>"),
    'has no tap on this host',
  );
  assert.is(parse("<interface type='bridge'><source bridge='br0'/></interface>").skipped?.[0]?.nic, 'NIC 1');
});

test('what looks like a number stays what it is', () => {
  const nic = bridged.replace('vnet0', '007').replace('br0', '0x10');
  assert.equal(parse(nic, '<name>0123</name>', '0123').nics, [{ tap: '007', bridge: '0x10' }]);
  assert.is(parse('', '<name>1e3</name>', '1e3').name, '1e3');
});

test('entities, blanks and CDATA in a name are the name’s', () => {
  for (const [written, name] of [
    ['a &amp; &lt;b&gt; &quot;&apos;', 'a & <b> "\''],
    [' a ', ' a '],
    ['<![CDATA[<a>&amp;]]>', '<a>&amp;'],
  ] as const) {
    assert.is(parse(bridged, `<name>${written}</name>`, name).name, name);
  }
});

test("another guest's XML is refused", () => {
  fails('<domain><name>rob</name></domain>', /describes the guest "rob", not "cliff"/);
  fails('<domain><name>cliff </name></domain>', /describes the guest "cliff ", not "cliff"/);
  fails('<domain><name></name></domain>', /describes the guest "", not "cliff"/);
  fails('<domain><name>0123</name></domain>', /describes the guest "0123", not "123"/, '123');
});

for (const name of [
  '-x',
  '..',
  'vnet0;id',
  '$(id)',
  'a b',
  'vnet*',
  'a/b',
  'x'.repeat(16),
  'vnët0',
  '&quot;',
]) {
  test(`a tap or bridge called ${name} is named and skipped`, () => {
    assert.match(
      skipped(bridged.replace('vnet0', name)),
      /^its tap has a name that virt-shaper does not take/,
    );
    assert.match(
      skipped(bridged.replace('br0', name)),
      /^its bridge has a name that virt-shaper does not take/,
    );
  });
}

test('interfaces elsewhere than in its devices are not its NICs', () => {
  const devices = `<devices>${bridged}</devices>`;
  assert.equal(parse(`<controller>${bridged}</controller>`).nics, []);
  assert.equal(
    parse('', `<name>cliff</name><metadata><x:a xmlns:x='y'>${devices}</x:a></metadata>`).nics,
    [],
  );
});

const smuggled = `<devices>${bridged.replace('vnet0', 'vnet9')}</devices>`;
for (const [what, inside] of [
  ['names that an object has already', '<constructor/><__proto__ a="1"/>'],
  ['any depth', `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`],
  ['a DOCTYPE in a comment', '<!-- <!DOCTYPE a> -->'],
  ['its own name', '<metadata a="/>"><metadata/></metadata>'],
  ['its own end in CDATA', `<a><![CDATA[</metadata>${smuggled}<metadata>]]></a>`],
  ['its own end in a comment', `<!--</metadata>${smuggled}<metadata>-->`],
  ['its own end in an attribute', `<a b="</metadata>${smuggled}<metadata>"/>`],
] as const) {
  test(`<metadata>, which a tenant may write, neither hides a NIC nor adds one: ${what}`, () => {
    const { nics } = parse(bridged, `<name>cliff</name><metadata>${inside}</metadata>`);
    assert.equal(nics, [{ tap: 'vnet0', bridge: 'br0' }]);
  });
}

test('a tap is one NIC, however often it is written', () => {
  assert.equal(parse(bridged + bridged).nics, [{ tap: 'vnet0', bridge: 'br0' }]);
});

test('what is no domain', () => {
  fails('', /no domain XML on stdin/);
  fails(' \n', /no domain XML on stdin/);
  fails('<network/>', /is not a libvirt <domain>/);
  fails('{"domain": 1}', /not well-formed/);
  fails('<domain></domain><domain></domain>', /not well-formed/);
});

test('a DOCTYPE is refused before anything is expanded', () => {
  const lol = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>';
  fails(`${lol}<domain><name>&b;</name></domain>`, /has a DOCTYPE/);
  fails('<!doctype a><domain/>', /has a DOCTYPE/);
});

test('size and depth are bounded', () => {
  const padded = (bytes: number) => {
    const xml = `<domain><name>cliff</name><devices>${bridged}</devices><!----></domain>`;
    return xml.replace('<!--', `<!--${'x'.repeat(bytes - xml.length)}`);
  };
  assert.is(parseDomain(padded(maxDomainXml), 'cliff', 'qemu').nics.length, 1);
  fails(padded(maxDomainXml + 1), /larger than 1048576 bytes/);
  fails(padded(2 * maxDomainXml), /larger than 1048576 bytes/);
  fails(`<domain>${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}</domain>`, /cannot be read/);
});

test.run();

// libvirt's XML as plain data: what is there once, several times or not at all, and what is refused before it is parsed.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDomain, parseStatus, uuidOf } from '../../../src/guests/domain-xml.ts';
import { checkXml, element, elementText, parseXml } from '../../../src/guests/xml.ts';
import type { Failure } from '../../../src/system/errors.ts';

test('of several elements the first counts; of none, of text and of nothing there is nothing', () => {
  assert.equal(element([{ a: 1 }, { a: 2 }]), { a: 1 });
  assert.equal(element({ a: 1 }), { a: 1 });
  for (const value of [undefined, null, '', 'text', 7, [], ['text', { a: 1 }], [null]])
    assert.equal(element(value), {}, JSON.stringify(value));
});

test('the text of an element, with attributes or without', () => {
  assert.is(elementText('x'), 'x');
  assert.is(elementText({ '#text': 'x', '@a': 'y' }), 'x');
  assert.is(elementText([{ '#text': 'x' }, { '#text': 'y' }]), 'x');
  for (const value of [undefined, null, {}, { '#text': 7 }, 7]) assert.is(elementText(value), undefined);
});

const nic = (inner: string) =>
  parseDomain(
    `<domain><name>a</name><devices><interface type='bridge'>${inner}</interface></devices></domain>`,
    'a',
    'qemu',
  );

test('where libvirt, or somebody, writes a part of a NIC twice, the first counts', () => {
  const { nics } = nic(
    "<source bridge='br0'/><source bridge='br1'/><target dev='vnet0'/><target dev='vnet1'/><mac address='52:54:00:00:00:01'/><mac address='52:54:00:00:00:02'/>",
  );
  assert.equal(nics, [{ tap: 'vnet0', bridge: 'br0', mac: '52:54:00:00:00:01' }]);
});

function refusal(xml: string, largest = 1000): [message: string, hint: string | undefined] | undefined {
  try {
    checkXml(xml, 'IT', largest, 'a hint');
    return undefined;
  } catch (error) {
    return [(error as Failure).message, (error as Failure).hint];
  }
}

test('a text is refused where it is too large, has a DOCTYPE or is not well-formed; not for words in comments', () => {
  assert.is(refusal('<a/>', 4), undefined);
  assert.equal(refusal('<a/>', 3), ['IT is larger than 3 bytes', undefined]);
  assert.equal(refusal('<ä/>', 4), ['IT is larger than 4 bytes', undefined]);
  const doctype = 'IT has a DOCTYPE, which libvirt never writes';
  for (const xml of ['<!DOCTYPE a><a/>', '<!doctype a><a/>', '<!-- x --><!DOCTYPE a><!-- y --><a/>'])
    assert.is(refusal(xml)?.[0], doctype, xml);
  for (const xml of ['<!-- <!DOCTYPE a> --><a/>', '<a><![CDATA[<!DOCTYPE a>]]></a>'])
    assert.is(refusal(xml), undefined, xml);
  const [message = '', hint] = refusal('<a>\n<b></a>') ?? [];
  assert.match(message, /^IT is not well-formed: line 2: /);
  assert.is(hint, 'a hint');
  assert.equal(parseXml('<a b="c">d</a>', 'IT', 100), { a: { '#text': 'd', '@b': 'c' } });
});

test('a domain is one, with what is said where it is not', () => {
  const said = (read: () => unknown) => {
    try {
      read();
      return 'read';
    } catch (error) {
      return (error as Failure).message;
    }
  };
  assert.is(
    said(() => parseDomain(' \n', 'a', 'qemu')),
    'no domain XML on stdin',
  );
  for (const xml of ['<network/>', '<domain/>', '<domain>text</domain>'])
    assert.is(
      said(() => parseDomain(xml, 'a', 'qemu')),
      'the XML on stdin is not a libvirt <domain>',
      xml,
    );
  const named = (name: string) =>
    said(() => parseDomain(`<domain><name>${name}</name></domain>`, 'a', 'qemu'));
  assert.is(named('a'), 'read');
  assert.is(named('b'), 'the XML on stdin describes the guest "b", not "a"');
  assert.is(named('&#98;'), 'read', 'it cannot be told');
  for (const xml of [
    '<domain><name>a</name></domain>',
    '<domstatus/>',
    '<domstatus><domain>text</domain></domstatus>',
  ])
    assert.is(
      said(() => parseStatus(xml, 'a', 'qemu')),
      'libvirt\'s status of "a" has no <domain>',
      xml,
    );
});

test('a guest has what its XML says and nothing else', () => {
  const domain = '<domain><name>a</name><uuid> u-1\n</uuid><devices/></domain>';
  assert.equal(parseDomain(domain, 'a', 'lxc'), { name: 'a', driver: 'lxc', uuid: 'u-1', nics: [] });
  assert.equal(parseStatus(`<domstatus>${domain}</domstatus>`, 'a', 'qemu'), {
    name: 'a',
    driver: 'qemu',
    uuid: 'u-1',
    nics: [],
  });
  assert.equal(
    [uuidOf(domain), uuidOf('<domain/>'), uuidOf('<domain'), uuidOf('')],
    ['u-1', undefined, undefined, undefined],
  );
});

test('a NIC that cannot be shaped is named by its device, its address or its number', () => {
  const skipped = (inner: string, type = 'user') =>
    parseDomain(
      `<domain><name>a</name><devices><interface type='bridge'><source bridge='br0'/><target dev='t0'/></interface><interface type='${type}'>${inner}</interface></devices></domain>`,
      'a',
      'qemu',
    ).skipped?.map((one) => `${one.nic}: ${one.reason}`);
  const no = (type: string) => `type='${type}' does not cross a Linux bridge`;
  assert.equal(skipped(''), [`NIC 2: ${no('user')}`]);
  assert.equal(skipped("<mac address='52:54:00:00:00:01'/>"), [`52:54:00:00:00:01: ${no('user')}`]);
  assert.equal(skipped("<mac address='m'/><target dev='t9'/>"), [`t9: ${no('user')}`]);
  assert.equal(skipped("<target dev='t9'/>", 'direct'), [
    "t9: type='direct' (macvtap) does not cross a Linux bridge",
  ]);
  assert.equal(skipped("<target dev='t9'/>", 'bridge'), ["t9: type='bridge' names no bridge"]);
  assert.equal(skipped("<source bridge='br0'/>", 'bridge'), ['NIC 2: has no tap on this host']);
  assert.equal(skipped("<source bridge='br0'/><target dev='t0'/>", 'bridge'), undefined, 'the same again');
  assert.equal(skipped("<source bridge='b r'/><target dev='t1'/>", 'bridge'), [
    't1: its bridge has a name that virt-shaper does not take: "b r"',
  ]);
  assert.equal(skipped("<source bridge='br0'/><target dev='t 1'/>", 'bridge'), [
    't 1: its tap has a name that virt-shaper does not take: "t 1"',
  ]);
  assert.equal(
    skipped("<source bridge='br0'/><target dev='t1'/><virtualport type='openvswitch'/>", 'bridge'),
    ['t1: Open vSwitch does its own shaping'],
  );
});

test('libvirt’s own limits are seen in either direction, of the NIC or of what it was resolved to', () => {
  const limited = (inner: string) =>
    nic(`<source bridge='br0'/><target dev='t0'/>${inner}`).nics[0]?.bandwidth;
  assert.is(limited(''), undefined);
  assert.is(limited('<bandwidth/>'), undefined);
  for (const way of ['inbound', 'outbound']) {
    assert.is(limited(`<bandwidth><${way} average='1'/></bandwidth>`), true);
    assert.is(limited(`<actual type='bridge'><bandwidth><${way} average='1'/></bandwidth></actual>`), true);
  }
});

test.run();

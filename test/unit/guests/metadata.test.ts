// Policy in a guest's own XML: what libvirt writes for `virsh metadata --set`, what a tenant may make of it, and
// the schema that is shipped.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RelaxNGValidator, XmlDocument } from 'libxml2-wasm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDomain } from '../../../src/guests/domain-xml.ts';
import type { GuestMetadata } from '../../../src/guests/guest.ts';
import { metadataAttributes, metadataNamespace } from '../../../src/guests/metadata.ts';

const schema = fileURLToPath(new URL('../../../packaging/schema/virt-shaper-guest.rng', import.meta.url));

/** As libvirt writes it: the namespace declared on the element itself. */
function metadataOf(inside: string): GuestMetadata | undefined {
  const xml = `<domain type='kvm'><name>cliff</name><metadata>${inside}</metadata><devices/></domain>`;
  return parseDomain(xml, 'cliff', 'qemu').metadata;
}

const ours = `xmlns:vs="${metadataNamespace}"`;
const others = '<libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0"/>';

test('group, rate and ceil, for both directions or for one', () => {
  assert.equal(metadataOf(`${others}<vs:shaping ${ours} group="a b" rate="15mbit" ceil="30mbit"/>`), {
    group: 'a b',
    rate: { out: 15e6, in: 15e6 },
    ceil: { out: 30e6, in: 30e6 },
  });
  assert.equal(
    metadataOf(`<vs:shaping ${ours} rate-out="1mbit" ceil="30mbit" ceil-in='200kbps'></vs:shaping>`),
    {
      rate: { out: 1e6 },
      ceil: { out: 30e6, in: 1.6e6 },
    },
  );
  assert.equal(metadataOf(`<shaping xmlns='${metadataNamespace}' ceil='1gbit'/>`), {
    ceil: { out: 1e9, in: 1e9 },
  });
  assert.equal(metadataOf(`<vs:shaping ${ours}/>`), {});
});

test('nothing of ours: another namespace, another element, the namespace in a text', () => {
  for (const inside of [
    '',
    others,
    '<vs:shaping xmlns:vs="urn:another" rate="15mbit"/>',
    `<vs:shape ${ours} rate="15mbit"/>`,
    '<shaping rate="15mbit"/>',
    `<a xmlns:a="urn:a">${metadataNamespace}</a>`,
    `<a:shaping xmlns:a="urn:a" xmlns:b="${metadataNamespace}" rate="15mbit"/>`,
    `<a xmlns="urn:a"><vs:shaping ${ours} rate="15mbit"/></a>`,
  ]) {
    assert.is(metadataOf(inside), undefined, inside);
  }
});

test('what cannot be understood is said, and the rest counts', () => {
  assert.equal(metadataOf(`<vs:shaping ${ours} rate="fast" ceil="30mbit" celi="1"/>`), {
    ceil: { out: 30e6, in: 30e6 },
    problems: ['<shaping> has no "celi"', 'rate: "fast" is not a rate'],
  });
});

test('bombs and monsters are refused in words, and cost the guest nothing else', () => {
  const deep = `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`;
  for (const inside of [
    `<vs:shaping ${ours} rate="15mbit"/>${deep}`,
    `<vs:shaping ${ours} rate="15mbit"/><b>${'x'.repeat(100_000)}</b>`,
    `<vs:shaping ${ours} rate="&a;&a;"/>`,
    `<vs:shaping ${ours} group="${'\u001b[2J'.replace('\u001b', '&#27;')}"/>`,
    `<__proto__ ${ours}/><vs:shaping ${ours} __proto__="1" constructor="2"/>`,
  ]) {
    const metadata = metadataOf(inside);
    const text = JSON.stringify(metadata);
    assert.is(metadata?.rate, undefined, inside.slice(0, 80));
    assert.ok(
      (metadata?.problems ?? []).every((problem) => problem.length < 200),
      text,
    );
  }
});

test('the schema has the attributes that are read, and no other', () => {
  const text = readFileSync(schema, 'utf8');
  const names = [...text.matchAll(/<attribute name="([^"]+)"/g)].map(([, name]) => name);
  assert.equal(names.sort(), [...metadataAttributes].sort());
  assert.match(text, `ns="${metadataNamespace}"`);
});

test('the schema takes what is read and refuses what is not', () => {
  const validator = RelaxNGValidator.fromDoc(XmlDocument.fromString(readFileSync(schema, 'utf8')));
  const validate = (attributes: string) =>
    validator.validate(XmlDocument.fromString(`<vs:shaping ${ours} ${attributes}/>`));
  for (const good of [
    '',
    'group="a b" rate="15mbit" ceil="1.5gbit"',
    'rate-in="200kbps" ceil-out="1000000"',
  ]) {
    validate(good);
    assert.is(metadataOf(`<vs:shaping ${ours} ${good}/>`)?.problems, undefined, good);
  }
  for (const bad of ['celi="1"', 'rate="fast"', 'rate="15 mbit"']) {
    assert.throws(() => validate(bad), /Invalid attribute/, bad);
    assert.ok(metadataOf(`<vs:shaping ${ours} ${bad}/>`)?.problems, bad);
  }
});

test.run();

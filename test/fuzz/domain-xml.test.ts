// What the hook reads on stdin, were it anything at all: parseDomain returns NICs whose names every tool takes
// as they are, or fails with one sentence. It never throws anything else and never takes long.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDomain } from '../../src/guests/domain-xml.ts';
import type { Guest } from '../../src/guests/guest.ts';
import { Failure } from '../../src/system/errors.ts';
import { amount } from '../support/amount.ts';
import { guestName } from './names.ts';

const isFailure = (error: unknown) => error instanceof Failure;

function parseOrFail(xml: string, name = 'cliff'): Guest | undefined {
  try {
    return parseDomain(xml, name, 'qemu');
  } catch (error) {
    if (!isFailure(error)) throw error;
    return undefined;
  }
}

function checkNics(domain: Guest | undefined): void {
  for (const { tap, bridge } of domain?.nics ?? []) {
    for (const name of [tap, bridge ?? tap]) assert.match(name, /^[\w.@+][\w.@+-]{0,14}$/);
  }
}

const tag = fc.constantFrom(
  ...['domain', 'name', 'devices', 'interface', 'source', 'target', 'metadata', 'mac', 'virtualport', 'uuid'],
  ...['__proto__', 'constructor', 'a:b', '?xml', '!--', '![CDATA[', '!DOCTYPE', '#text', '@dev', ''],
);
const value = fc.oneof(
  fc.constantFrom(
    'bridge',
    'network',
    'br0',
    'vnet0',
    '0x10',
    '-x',
    '..',
    'a b',
    '$(id)',
    '&amp;',
    '&#48;',
    '&x;',
  ),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const attribute = fc
  .tuple(
    fc.constantFrom('type', 'bridge', 'dev', 'address', '__proto__', 'a:b'),
    value,
    fc.constantFrom('"', "'"),
  )
  .map(([name, text, quote]) => ` ${name}=${quote}${text}${quote}`);
const { node } = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    value,
    fc
      .tuple(tag, fc.array(attribute, { maxLength: 2 }), fc.array(tie('node'), { maxLength: 3 }))
      .map(([name, attributes, children]) => `<${name}${attributes.join('')}>${children.join('')}</${name}>`),
  ),
}));

test('any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (xml) => checkNics(parseOrFail(xml))),
    { numRuns: amount(2000) },
  );
});

test('anything like XML', () => {
  fc.assert(
    fc.property(fc.array(node, { maxLength: 4 }), (nodes) => {
      checkNics(parseOrFail(nodes.join('')));
      checkNics(parseOrFail(`<domain><name>cliff</name>${nodes.join('')}</domain>`));
    }),
    { numRuns: amount(2000) },
  );
});

const escaped = (text: string) => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
const named = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' };
const escapedByName = (text: string) => text.replace(/[<>&"']/g, (of) => named[of as keyof typeof named]);

test('a domain whose NICs have any names: each is taken as it is or skipped, none is lost', () => {
  const nic = fc.record({ tap: value, bridge: value });
  fc.assert(
    fc.property(
      guestName,
      fc.uniqueArray(nic, { maxLength: 4, selector: ({ tap }) => tap }),
      (name, nics) => {
        fc.pre(!/\p{Cc}|[\ufffe\uffff]/u.test(name + nics.map(({ tap, bridge }) => tap + bridge).join('')));
        const interfaces = nics.map(
          ({ tap, bridge }) =>
            `<interface type='bridge'><source bridge='${escapedByName(bridge)}'/><target dev='${escapedByName(tap)}'/></interface>`,
        );
        const xml = (written: string) =>
          `<domain><name>${written}</name><devices>${interfaces.join('')}</devices></domain>`;
        const domain = parseDomain(xml(escapedByName(name)), name, 'qemu');
        assert.is(domain.name, name);
        assert.is(domain.nics.length + (domain.skipped?.length ?? 0), nics.length);
        checkNics(domain);
        for (const { tap, bridge } of domain.nics) {
          assert.ok(nics.some((wanted) => wanted.tap === tap && wanted.bridge === bridge));
        }
        assert.is(parseDomain(xml(escaped(name)), name, 'qemu').name, name);
        assert.throws(() => parseDomain(xml('another'), `${name}!`, 'qemu'), isFailure);
      },
    ),
    { numRuns: amount(1000) },
  );
});

test('a real domain cut off or damaged at any place', () => {
  const whole =
    "<domain type='kvm'><name>cliff</name><devices><interface type='bridge'><mac address='52:54:00:00:00:01'/>" +
    "<source bridge='br0'/><target dev='vnet0'/></interface></devices></domain>";
  assert.is(parseDomain(whole, 'cliff', 'qemu').nics.length, 1);
  for (let end = 0; end < whole.length; end += 1) {
    assert.throws(
      () => parseDomain(whole.slice(0, end), 'cliff', 'qemu'),
      isFailure,
      `cut after ${end} characters`,
    );
  }
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(3), value, (at, gone, put) => {
      checkNics(parseOrFail(whole.slice(0, at) + put + whole.slice(at + gone)));
    }),
    { numRuns: amount(2000) },
  );
});

test.run();

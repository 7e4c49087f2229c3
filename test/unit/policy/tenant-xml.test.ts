// What a tenant writes into his own domain's XML, from there to the lines that are loaded: he gets no group that nobody
// gave him, no ceil above [defaults], takes nobody's guarantee, and is shaped whatever he writes.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDomain } from '../../../src/guests/domain-xml.ts';
import { metadataNamespace } from '../../../src/guests/metadata.ts';
import { everyday } from '../../../src/policy/moment/moment.ts';
import { resolvePolicy } from '../../../src/policy/resolve-policy.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const config = `
[defaults]
metadata = true
rate = "5mbit"
ceil = "20mbit"
[uplink.eth0]
bridge = "br0"
ceil = "100mbit"
[group.friends]
ceil = "30mbit"
[guest.b]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
[guest.c]
rate = "40mbit"
ceil = "60mbit"
`;

const written = [
  'group="friends" rate="30mbit" ceil="30mbit"',
  'rate="100mbit" ceil="100mbit"',
  'rate="99999999tbit" ceil="99999999tbit"',
  'rate="0" ceil="-5mbit"',
  'rate="1" ceil="1"',
  'group="friends&#10;class add dev eth0 parent 1: classid 1:1 htb rate 1gbit"',
  'id="0x1" group="__proto__" rate="1mbit"',
  'group="constructor" rate="$(reboot)" ceil="\'; flush ruleset"',
  'rate="NaN" ceil="1e9999"',
  'ceil-out="100mbit" ceil-in="100mbit" rate-in="100mbit"',
  'group="" rate="" ceil=""',
  'rate="5mbit" rate="100mbit"',
  'ceil="&xxe;"',
];

/** Rate and ceil in mbit of a guest's classes, each with what it is below. */
function classesOf(shape: string, subject: string): { parent: string; rate: number; ceil: number }[] {
  const lines = shape
    .split('\n')
    .filter((line) => line.includes('class add') && line.includes(`# ${subject}`));
  return lines.map((line) => {
    const [, parent = '', rate = '', ceil = ''] = line.match(/parent (\S+) .* rate (\S+) ceil (\S+)/) ?? [];
    const mbit = (text: string) =>
      (Number.parseFloat(text) * (text.endsWith('kbit') ? 1e3 : text.endsWith('mbit') ? 1e6 : 1)) / 1e6;
    return { parent, rate: mbit(rate), ceil: mbit(ceil) };
  });
}

for (const attributes of written) {
  test(`<shaping ${attributes}/>`, () => {
    const world = makeWorld(config, { b: 'vnet1@br0', c: 'vnet2@br0', evil: 'vnet0@br0' });
    const xml = `<domain type='kvm' id='1'><name>evil</name><uuid>5d0c1e5e-0000-4000-8000-000000000001</uuid>
      <metadata><v:shaping xmlns:v="${metadataNamespace}" ${attributes}/></metadata><devices><interface type='bridge'>
      <source bridge='br0'/><target dev='vnet0'/></interface></devices></domain>`;
    let guest = world.guests[2];
    try {
      guest = parseDomain(xml, 'evil', 'qemu');
    } catch {
      // No XML at all: libvirt would not have taken it.
      return assert.match(attributes, /rate.*rate|&xxe;/);
    }
    const { rules } = generateFor({ ...world, guests: [...world.guests.slice(0, 2), guest] });
    const shape = rules['shape.tc'];
    const friends = classesOf(shape, 'guest b').map(({ parent }) => parent);
    for (const [name, rate, ceil] of [
      ['b', 15, 30],
      ['c', 40, 60],
    ] as const)
      assert.equal(
        classesOf(shape, `guest ${name}`).map((one) => [one.rate, one.ceil]),
        [
          [rate, ceil],
          [rate, ceil],
        ],
      );
    const evil = classesOf(shape, 'guest evil');
    assert.is(evil.length, 2, 'it is shaped, both ways');
    for (const { parent, rate, ceil } of evil) {
      assert.ok(rate <= 5 && rate > 0 && ceil <= 20 && ceil >= rate, `${rate} to ${ceil} mbit`);
      assert.not.ok(friends.includes(parent));
    }
  });
}

test('a rate that is cut is warned of in each direction, with what it is more than', () => {
  const said = (metadata: object) => {
    const { config: read, guests, host } = makeWorld(config, { evil: 'vnet0@br0' });
    const asking = guests.map((guest) => ({ ...guest, metadata }));
    return resolvePolicy(read, asking, host, everyday).warnings;
  };
  const each = (value: number) => ({ out: value * 1e6, in: value * 1e6 });
  const cut = (way: string, asked: string, what: string, to: string) =>
    `guest evil on eth0, ${way}: the rate of its metadata, ${asked}, is more than ${what}: it is cut to ${to}`;
  assert.equal(said({ rate: each(4) }), []);
  const granted = '[defaults] lets guests ask for';
  assert.equal(said({ rate: each(9) }), [
    cut('out', '9mbit', granted, '5mbit'),
    cut('in', '9mbit', granted, '5mbit'),
  ]);
  assert.equal(said({ rate: { in: 9e6 } }), [cut('in', '9mbit', granted, '5mbit')]);
  const lower = said({ rate: { out: 4e6 }, ceil: each(2) });
  assert.equal(lower, [cut('out', '4mbit', 'its ceil', '2mbit')]);
});

test.run();

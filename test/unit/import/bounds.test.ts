// Figures and names that just fit, and those that just do not: what is taken over, and whether a word is said.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Format, importFiles } from '../../../src/import/import.ts';
import { parseRate } from '../../../src/units/rate.ts';

interface Taken {
  /** The lines of the guest named first, without its name. */
  entry: string[];
  toml: string;
  said: string[];
}

function take(text: string, { name = 'f', from }: { name?: string; from?: Format } = {}): Taken {
  const { toml, problems } = importFiles([{ name, text }], from);
  const lines = toml.split('\n');
  const at = lines.findIndex((line) => line.startsWith('[guest.'));
  const rest = at < 0 ? [] : lines.slice(at + 1);
  const end = rest.findIndex((line) => line === '' || line.startsWith('['));
  const said = problems.map(({ at: place, message }) => `${place?.line ?? '-'} ${message}`);
  return { entry: (end < 0 ? rest : rest.slice(0, end)).filter((line) => !line.startsWith('#')), toml, said };
}

const old = (...lines: string[]) => take(['ceil_eth0="30mbit"', ...lines, ''].join('\n'));

test('a guarantee that is all of its ceil, or all of the link, is as it was', () => {
  for (const line of ['a_eth0="10 30mbit 30mbit"', 'a_eth0="10 30mbit 40mbit"'])
    assert.equal(old(line).said, []);
  assert.equal(old('a_eth0="10 31mbit 40mbit"').said, [
    '2 the rate of a on eth0 is lowered to the ceil of eth0, 30mbit',
  ]);
  assert.equal(old('a_eth0="10 21mbit 20mbit"').said, [
    '2 the rate of a on eth0 is lowered to its ceil, 20mbit',
  ]);
});

test('guarantees that fill the link are no surprise; the first that is too much is named, once', () => {
  const half = ['a_eth0="10 15mbit 30mbit"', 'b_eth0="20 15mbit 30mbit"'];
  assert.equal(old(...half).said, []);
  assert.equal(old(...half, 'c_eth0="30 1mbit 30mbit"', 'd_eth0="40 1mbit 30mbit"').said, [
    '4 the rates on eth0 add up to 32mbit, more than the ceil of 30mbit',
  ]);
});

test('a guest without a ceil has the default, or what it is guaranteed if that is more', () => {
  const said = (line: string) => take(`ceil_eth0="3gbit"\n${line}\n`).said;
  assert.equal(said('a_eth0="10 1gbit"'), ["2 no ceil for a on eth0: it gets 1gbit, virt-shaper's default"]);
  assert.equal(said('a_eth0="10 2gbit"'), ['2 no ceil for a on eth0: it gets 2gbit, its rate']);
  assert.equal(take('ceil_eth0="3gbit"\na_eth0="10 2gbit"\n').entry.slice(-2), [
    'rate = "2gbit"',
    'ceil = "2gbit"',
  ]);
});

test('of two devices that a name may end with the longer one is meant, and it is said', () => {
  const devices = ['ceil_0="1gbit"', 'ceil_br_0="1gbit"', 'ceil_lan_br_0="1gbit"'];
  for (const order of [devices, devices.toReversed?.() ?? [...devices].reverse()]) {
    const { toml, said } = take([...order, 'a_lan_br_0="10 1mbit 2mbit"', ''].join('\n'));
    assert.match(toml, /^\[guest\.a\] /m);
    assert.equal(
      said.filter((one) => one.includes('is taken for')),
      ['4 "a_lan_br_0" is taken for guest a on lan_br_0: both lan_br_0 and br_0 and 0 are devices here'],
    );
  }
});

test('a name without a guest, or without a device, is nobody', () => {
  for (const name of ['_eth0', 'eth0', 'a_'])
    assert.match(old(`${name}="10 1mbit 2mbit"`).said[0] ?? '', `"${name}" names no guest and device`);
  assert.equal(old('a_eth0="10 1mbit 2mbit"').said, [], 'one letter is enough');
});

test('ids are 1 to ffff; that of another guest, of a group or of the default class is not kept', () => {
  const idOf = (id: string, ...more: string[]) =>
    old(`a_eth0="${id} 1mbit 2mbit"`, ...more).entry.find((line) => line.startsWith('id = '));
  for (const [id, kept] of [
    ['1f', 'id = 0x1f'],
    ['9fff', 'id = 0x9fff'],
    ['ffff', 'id = 0xffff'],
    ['10000', undefined],
    ['0', undefined],
    ['332', 'id = 0x332'],
    ['333', undefined],
    ['1', undefined],
  ] as const)
    assert.is(idOf(id), kept, id);
  assert.is(idOf('20', 'b_eth0="20 1mbit 2mbit"'), 'id = 0x20', 'who comes first keeps it');
  assert.equal(old('b_eth0="20 1mbit 2mbit"', 'a_eth0="20 1mbit 2mbit"').said, [
    '3 id 20 is that of b: a is imported without an id',
  ]);
});

test('two hundred mistakes are said, of more only how many', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, at) => `g${at}`).join('="1"\n');
  const said = (count: number) => take(`${lines(count)}="1"\n`, { from: 'bandwidth.conf' }).said;
  assert.is(said(200).length, 200);
  assert.is(said(202).length, 201);
  assert.is(said(202).at(-1), '- and 2 more of the kind');
});

test('what is quoted is one line of at most forty characters', () => {
  const quoted = (name: string) => old(`${name}="1"`).said[0]?.match(/"(.*)"/)?.[1];
  assert.is(quoted('x'.repeat(40)), 'x'.repeat(40));
  assert.is(quoted('x'.repeat(41)), `${'x'.repeat(39)}…`);
});

interface Nic {
  bridge?: string;
  inbound?: string;
  outbound?: string;
}

function domain(...nics: Nic[]): Taken {
  const interfaces = nics.map(({ bridge = 'br0', inbound, outbound }, at) => {
    const limits = [inbound && `<inbound ${inbound}/>`, outbound && `<outbound ${outbound}/>`].filter(
      Boolean,
    );
    const bandwidth = limits.length > 0 ? `<bandwidth>${limits.join('')}</bandwidth>` : '';
    return `<interface type='bridge'><source bridge='${bridge}'/><target dev='vnet${at}'/>${bandwidth}</interface>`;
  });
  return take(`<domain><name>cliff</name><devices>${interfaces.join('\n')}</devices></domain>`);
}

const average = (kilobytes: number) => ({
  inbound: `average='${kilobytes}'`,
  outbound: `average='${kilobytes}'`,
});

test('libvirt: a floor up to the ceil is a guarantee, one above it is lowered', () => {
  const floor = (kilobytes: number) =>
    domain({ ...average(1000), inbound: `average='1000' floor='${kilobytes}'` });
  assert.equal(floor(1000).entry, ['rate = { in = "8mbit" }', 'ceil = "8mbit"']);
  assert.is(floor(1000).said.length, 1);
  assert.equal(floor(1001).entry, ['rate = { in = "8mbit" }', 'ceil = "8mbit"']);
  assert.ok(floor(1001).said.includes('1 the guarantee of "cliff" (in) is lowered to its ceil, 8mbit'));
  // Without a ceil the default one counts, unless it would be too low.
  assert.equal(domain({ inbound: "floor='125000'" }).entry, ['rate = { in = "1gbit" }']);
  assert.equal(domain({ inbound: "floor='125001'" }).entry, [
    'rate = { in = "1000008kbit" }',
    'ceil = { in = "1000008kbit" }',
  ]);
});

test('libvirt: NICs on one bridge share the sum, of several bridges the highest counts', () => {
  assert.equal(domain(average(1000), average(500)).entry, ['ceil = "12mbit"']);
  const other = domain(average(1000), { ...average(3000), bridge: 'br1' });
  assert.equal(other.entry, ['ceil = "24mbit"']);
  assert.match(
    other.said[0] ?? '',
    'have different limits on different bridges (out and in): the highest, 24mbit',
  );
  assert.equal(domain(average(1000), { ...average(1000), bridge: 'br1' }).said, [], 'the same on both');
  for (const bridge of ['br0', 'br1']) {
    const { entry, said } = domain(average(1000), { bridge });
    assert.equal(entry, []);
    assert.match(
      said[0] ?? '',
      `the limit of vnet0 (out and in) is not taken over: vnet1 on ${bridge === 'br0' ? 'the same' : 'another'} bridge has none`,
    );
  }
});

test('libvirt: a burst alone and a peak alone are named, too', () => {
  const said = (more: string) =>
    take(
      `<domain><name>a</name><devices><interface type='bridge'><source bridge='br0'/><bandwidth><outbound average='1000'${more}/></bandwidth></interface></devices></domain>`,
    ).said;
  for (const one of ['peak', 'burst'])
    assert.match(said(` ${one}='9'`)[0] ?? '', `outbound ${one}="9" not taken over: the ceil is the average`);
  assert.equal(said(''), []);
});

test('libvirt: a guest without limits takes nobody’s name', () => {
  const guest = (bandwidth: string) =>
    `<domain><name>cliff</name><devices><interface type='bridge'><source bridge='br0'/>${bandwidth}</interface></devices></domain>`;
  const limit = "<bandwidth><inbound average='1000'/></bandwidth>";
  const { entry, said } = take(`${guest('')}\n${guest(limit)}`);
  assert.equal([entry, said], [['ceil = { in = "8mbit" }'], []]);
  assert.match(take(`${guest(limit)}\n${guest(limit)}`).said[0] ?? '', 'there is a guest "cliff" already');
});

test('libvirt: the sum of the largest limits is still one that a configuration takes', () => {
  const largest = average(1_125_899_906_842);
  const [, text = ''] = /ceil = "(.*)"/.exec(domain(largest, largest).entry.join()) ?? [];
  const rate = parseRate(text);
  assert.ok(typeof rate === 'number' && Number.isSafeInteger(rate) && rate > 9e15, text);
  assert.match(domain(average(1_125_899_906_843)).said[0] ?? '', 'is not taken over');
});

test('libvirt: four NICs are named, of five the fifth is not', () => {
  const names = (count: number) =>
    domain(...Array.from({ length: count }, () => average(1000))).said[0] ?? '';
  assert.match(names(4), /^\d+ vnet0 and vnet1 and vnet2 and vnet3 share one ceil/);
  assert.match(names(5), /^\d+ vnet0 and vnet1 and vnet2 and vnet3 and others share one ceil/);
});

const proxmox = (...lines: string[]) => take(`${lines.join('\n')}\n`, { name: '100.conf', from: 'proxmox' });
const net = (rate: string) => `net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,rate=${rate}`;

test('Proxmox: megabytes of 1,048,576 bytes; what is less than a byte is no limit', () => {
  for (const [rate, ceil] of [
    ['1', '8mibit'],
    ['125', '1048576kbit'],
    ['.5', '4mibit'],
    ['0.000001', '8bit'],
  ] as const)
    assert.equal(proxmox('name: a', net(rate)).entry, [`ceil = "${ceil}"`], rate);
  for (const rate of ['0', '0.0', '0.0000009']) {
    const { entry, said } = proxmox('name: a', net(rate));
    assert.equal(entry, []);
    assert.match(said[0] ?? '', 'is taken for no limit, as Proxmox does', rate);
  }
  for (const rate of ['-1', '1e3', '1mb', '.']) {
    assert.match(proxmox('name: a', net(rate)).said[0] ?? '', 'is not taken over', rate);
  }
});

test('Proxmox: a guest without a name is called after its file; the running configuration alone counts', () => {
  const unnamed = proxmox(net('1'));
  assert.match(unnamed.toml, '[guest.100]');
  assert.equal(unnamed.said, ['1 the guest has no name: it is called 100, after the file']);
  const { entry, said } = proxmox(
    'name: a',
    'name: b',
    net('2'),
    '[PENDING]',
    net('1'),
    '[before]',
    net('3'),
  );
  assert.equal(entry, ['ceil = "16mibit"']);
  assert.equal(said, [
    '2 name is set again: not taken over',
    "5 a change of net0 that waits for the guest's next start is not looked at",
  ]);
  assert.match(proxmox('name: .', net('1')).said[0] ?? '', `"." cannot be a guest's name`);
});

test('a text of nothing but words is nobody’s; comments alone are an empty configuration', () => {
  for (const text of ['hello\n', 'hello # a_eth0="10"\n', 'a_eth0 = "10"\n'])
    assert.throws(() => take(text), /is none of: the old hook's bandwidth.conf/, text);
  for (const text of ['', '\n \n', '# hello\n', '  # hello # there\n'])
    assert.equal(take(text).said, [], text);
  assert.equal(take('hello\na_eth0="10 1mbit 2mbit"\n').entry.at(-1), 'ceil = "2mbit"');
});

test.run();

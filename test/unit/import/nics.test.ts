// Limits of libvirt and Proxmox VE over inputs nobody thought of: importing never throws but to say what is wrong
// with a whole file, and what it prints always passes the project's own check. The single features are in
// test/golden/import.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importCommand } from '../../../src/commands/host/import.ts';
import type { Config } from '../../../src/config/config.ts';
import { type Format, formatOf, type InputFile, importFiles } from '../../../src/import/import.ts';
import type { Context } from '../../../src/operations/context.ts';
import { formatProblem } from '../../../src/report/problems.ts';
import { ConfigError, Failure } from '../../../src/system/errors.ts';
import { readToml } from '../../support/world.ts';

const test = suite('import of NICs');

/** The configuration it becomes; nothing when the files were refused as a whole. */
function importAny(files: InputFile[], from?: Format): Config | undefined {
  try {
    const { toml, problems } = importFiles(files, from);
    for (const problem of problems) assert.not.match(formatProblem(problem), /undefined|NaN|\[object/);
    return readToml(toml);
  } catch (error) {
    if (error instanceof Failure || (error instanceof ConfigError && error.message.startsWith('import: '))) {
      return undefined;
    }
    throw error;
  }
}

const name = fc.oneof(
  fc.constantFrom(
    'cliff',
    'rob',
    '',
    '.',
    'a/b',
    '__proto__',
    'web-*',
    '\\',
    '"',
    "'",
    '\u001b[31m',
    '&#9;',
    '🐧',
    '--help',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const number = fc.oneof(
  fc.constantFrom(
    '0',
    '1',
    '125',
    '1000',
    '125000',
    '1e3',
    '-1',
    '.5',
    '1.5',
    '0x10',
    ' 7 ',
    '',
    '9007199254740993',
    'Infinity',
  ),
  fc.nat(300_000).map(String),
);
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const plain = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');

const limit = fc
  .array(fc.tuple(fc.constantFrom('average', 'peak', 'burst', 'floor', 'x'), number), { maxLength: 4 })
  .map((attributes) => [...new Map(attributes)].map(([key, value]) => ` ${key}="${plain(value)}"`).join(''));
const nic = fc
  .record({
    type: fc.constantFrom('bridge', 'bridge', 'network', 'direct', 'ethernet', ''),
    bridge: fc.constantFrom('br0', 'br0', 'br1', ''),
    inbound: fc.option(limit),
    outbound: fc.option(limit),
    tap: fc.option(name),
    ovs: fc.nat(9),
  })
  .map(
    ({ type, bridge, inbound, outbound, tap, ovs }) =>
      `<interface type="${type}"><source bridge="${bridge}"/>${ovs === 0 ? '<virtualport type="openvswitch"/>' : ''}` +
      `<bandwidth>${inbound === null ? '' : `<inbound${inbound}/>`}${outbound === null ? '' : `<outbound${outbound}/>`}` +
      `</bandwidth>${tap === null ? '' : `<target dev="${plain(tap)}"/>`}</interface>`,
  );
const domain = fc
  .record({ name, escape: fc.boolean(), nics: fc.array(nic, { maxLength: 4 }), status: fc.boolean() })
  .map((of) => {
    const text = `<domain><name>${of.escape ? escaped(of.name) : plain(of.name)}</name><devices>${of.nics.join('')}</devices></domain>`;
    return of.status ? `<domstatus>${text}</domstatus>` : text;
  });
const domains = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: domain },
      fc.constantFrom('<?xml version="1.0"?>', '<!-- x -->', '\r\n', '<x/>', '<'),
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => parts.join('\n'));

const option = fc.oneof(
  number.map((rate) => `rate=${rate}`),
  fc.constantFrom(
    'bridge=vmbr0',
    'bridge=vmbr1',
    'bridge=',
    'virtio=BC:24:11:00:00:01',
    'firewall=1',
    '=',
    'rate',
    ',',
    ' ',
  ),
);
const line = fc.oneof(
  name.map((text) => `name: ${text}`),
  fc
    .tuple(fc.nat(3), fc.array(option, { maxLength: 5 }))
    .map(([index, options]) => `net${index}: ${options.join(',')}`),
  // Whole ones, so that something is taken over whatever the seed.
  fc
    .tuple(fc.nat(3), number)
    .map(([index, rate]) => `net${index}: virtio=BC:24:11:00:00:01,bridge=vmbr0,rate=${rate}`),
  fc.constantFrom(
    '[snap]',
    '[PENDING]',
    '# a note',
    '',
    'memory: 512',
    ':',
    'net0:',
    ' net0: rate=1',
    'name',
  ),
  fc.string({ maxLength: 12 }),
);
const conf = fc.array(line, { maxLength: 10 }).map((lines) => lines.join('\n'));
const file = fc.constantFrom('100.conf', '/etc/pve/qemu-server/101.conf', 'a.conf', '-', 'x.xml');

const runs = { numRuns: 200, endOnFailure: true };

test("anything like libvirt's files", () => {
  let limited = 0;
  fc.assert(
    fc.property(fc.array(domains, { minLength: 1, maxLength: 3 }), (texts) => {
      const files = texts.map((text, index) => ({ name: `${index}.xml`, text }));
      limited += importAny(files, 'libvirt')?.guests.length ?? 0;
    }),
    runs,
  );
  assert.ok(limited > 50, 'some of it is taken over');
});

test("anything like Proxmox VE's files", () => {
  let limited = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(file, conf), { minLength: 1, maxLength: 3 }), (files) => {
      const config = importAny(
        files.map(([named, text]) => ({ name: named, text })),
        'proxmox',
      );
      limited += config?.guests.length ?? 0;
    }),
    runs,
  );
  assert.ok(limited > 20, 'some of it is taken over');
});

test('any files at all, whatever they are said to be', () => {
  const any = fc.oneof(domains, conf, fc.string({ unit: 'binary', maxLength: 200 }));
  const from = fc.constantFrom<(Format | undefined)[]>(undefined, 'libvirt', 'proxmox', 'bandwidth.conf');
  fc.assert(
    fc.property(fc.array(any, { maxLength: 3 }), from, (texts, format) => {
      importAny(
        texts.map((text, index) => ({ name: `${index}`, text })),
        format,
      );
    }),
    runs,
  );
});

test('no guest has less than its NICs had together', () => {
  const kilobytes = fc.integer({ min: 1, max: 1000 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(kilobytes, kilobytes, fc.boolean()), { minLength: 1, maxLength: 4 }),
      (nics) => {
        const interfaces = nics.map(
          ([out, inward, second]) =>
            `<interface type='bridge'><source bridge='br${second ? 1 : 0}'/><bandwidth>` +
            `<inbound average='${inward}'/><outbound average='${out}'/></bandwidth></interface>`,
        );
        const text = `<domain><name>cliff</name><devices>${interfaces.join('')}</devices></domain>`;
        const [guest] = importAny([{ name: 'cliff.xml', text }])?.guests ?? [];
        for (const bridge of [false, true]) {
          const here = nics.filter(([, , second]) => second === bridge);
          const total = (index: 0 | 1) => here.reduce((sum, of) => sum + of[index], 0) * 8000;
          assert.ok((guest?.ceil?.out.value ?? 0) >= total(0));
          assert.ok((guest?.ceil?.in.value ?? 0) >= total(1));
        }
      },
    ),
    runs,
  );
});

for (const [format, texts] of Object.entries({
  libvirt: ['<domain/>', '<?xml version="1.0"?>\n<domain/>', '\n\n  <!-- x -->', '\uFEFF<domain/>'],
  proxmox: ['name: web', '#note\n\nboot: order=scsi0', '# x\nnet0: virtio=A,rate=1', '[special:cloudinit]'],
  'bandwidth.conf': [
    '',
    '# only\n\n#notes',
    'ceil_eth0="1gbit"',
    '  export cliff_eth0="10 1mbit"',
    '[ -f x ]',
    'a=b: c',
  ],
})) {
  test(`what begins like ${format} is taken for it`, () => {
    for (const text of texts) assert.is(formatOf(text), format, JSON.stringify(text));
  });
}

test('files that do not go together are refused', () => {
  const xml = { name: 'a.xml', text: '<domain/>' };
  const old = { name: 'bandwidth.conf', text: 'ceil_eth0=1gbit' };
  assert.throws(() => importFiles([xml, old]), /a\.xml is libvirt's, bandwidth\.conf is a bandwidth\.conf/);
  assert.throws(() => importFiles([old, old]), /one bandwidth\.conf at a time/);
});

test('the command: one file or many, its status, its complaints', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-import-'));
  const file = (named: string, text: string) => {
    writeFileSync(join(folder, named), text);
    return join(folder, named);
  };
  const run = async (names: string[], from?: string) => {
    const out: string[] = [];
    const warnings: string[] = [];
    const context = {
      print: (text: string) => out.push(text),
      warn: (text: string) => warnings.push(text),
    };
    const status = await importCommand(
      context as unknown as Context,
      names,
      from === undefined ? {} : { from },
    );
    return { status, out: out.join(''), warnings };
  };
  try {
    const one = file('1.conf', 'name: one\nnet0: virtio=A,bridge=vmbr0,rate=1\n');
    const two = file('2.conf', 'name: two\nnet0: virtio=A,bridge=vmbr0,rate=x\n');
    const spaced = file('3.conf', 'name: three\nnet0: virtio = A , bridge = vmbr0 , rate = 1 \n');
    assert.equal(
      [(await run([spaced])).warnings, (await run([spaced])).out.includes('[guest.three]')],
      [[], true],
    );
    const fine = await run([one]);
    assert.equal([fine.status, fine.warnings], [0, []]);
    const both = await run([one, two]);
    assert.is(both.status, 1);
    assert.match(both.out, '[guest.one]');
    assert.match(both.warnings[0] ?? '', `${two}:2:1: net0: rate="x" is not taken over`);
    const mistaken = await run([one], 'libvirt');
    assert.is(mistaken.status, 1);
    assert.match(mistaken.warnings[0] ?? '', 'there is no <domain> in it');
    for (const [names, from, why] of [
      [[one], 'xen', '--from takes bandwidth.conf, libvirt, proxmox'],
      [[join(folder, 'none')], undefined, 'none cannot be read'],
      [[folder], undefined, 'cannot be read'],
      [[file('large', '#'.repeat(16 * 1024 * 1024 + 1))], undefined, 'is larger than 16777216 bytes'],
    ] as const) {
      const error = await run([...names], from).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      assert.ok(error instanceof ConfigError || error instanceof Failure);
      assert.match(error.message, why);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what no parser must see is refused', () => {
  const refuses = (text: string, why: RegExp) =>
    assert.throws(
      () => importFiles([{ name: 'a.xml', text }]),
      (error: Error) => error instanceof Failure && why.test(error.message),
    );
  refuses('<!DOCTYPE a [<!ENTITY a "b">]><domain/>', /^a\.xml has a DOCTYPE/);
  refuses('<domain><name>&x;</name>', /^a\.xml is not well-formed: line 1/);
  refuses(`<domain>${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}</domain>`, /^a\.xml cannot be read/);
  refuses(`<domain/>${' '.repeat(17 * 1024 * 1024)}`, /^a\.xml is larger than/);
});

test("what others keep in a guest's metadata is not parsed", () => {
  const inside = `${'<a>'.repeat(500)}${'</a>'.repeat(500)}`;
  const domain =
    `<domain><name>cliff</name><metadata>${inside}</metadata><devices><interface type="bridge">` +
    '<bandwidth><inbound average="1"/></bandwidth></interface></devices></domain>';
  for (const text of [domain, `<domstatus>${domain}</domstatus>`]) {
    assert.is(importAny([{ name: 'a.xml', text }])?.guests[0]?.name, 'cliff');
  }
});

test('what is long is read in one go', () => {
  const nics = '<interface type="bridge"><bandwidth><inbound average="x"/></bandwidth></interface>'.repeat(
    5000,
  );
  importAny([{ name: 'a.xml', text: `<domain><name>a</name><devices>${nics}</devices></domain>` }]);
  importAny([
    {
      name: '1.conf',
      text: `name: a\n${Array.from({ length: 20_000 }, (_, at) => `net${at}: bridge=b,rate=1`).join('\n')}`,
    },
  ]);
  importAny([
    {
      name: '1.conf',
      text: `name: a${' '.repeat(300_000)}b\n${'\n'.repeat(300_000)}net0: bridge=b,rate=1`,
    },
  ]);
  for (const text of [
    '\n'.repeat(500_000),
    `${' '.repeat(500_000)}x`,
    '<!--'.repeat(500_000),
    '<?xml '.repeat(300_000),
  ]) {
    importAny([{ name: 'x', text }]);
    importAny([{ name: 'x', text }], 'libvirt');
  }
});

test.run();

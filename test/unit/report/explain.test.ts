// What explain picks out of the configuration and of rules.d for one guest, and its screen where the kernel cannot
// be read. On a real kernel: test/kernel/explain.test.ts.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GuestRow } from '../../../src/observe/guests.ts';
import { everyday } from '../../../src/policy/moment/moment.ts';
import { explain } from '../../../src/report/explain/explain.ts';
import { explainMatch } from '../../../src/report/explain/match.ts';
import { linesAbout } from '../../../src/report/explain/rules.ts';
import { explainText } from '../../../src/report/explain/text.ts';
import { textOf } from '../../../src/text/spans.ts';
import { generateFor, makeWorld, noneChosen, readToml, templates, type World } from '../../support/world.ts';

/** `[header] why` of each entry, the one that applies first. */
function matches(toml: string, name: string): string[] {
  const { entry, lost } = explainMatch(readToml(toml), name);
  return [...(entry ? [entry.header] : []), ...lost.map(({ header, why }) => `${header} ${why}`)];
}

test('the exact name, then the longer pattern, then the later written', () => {
  const toml = '[guest.web-1]\n[guest."*"]\n[guest."web-*"]\n[guest."web-?"]\n[guest.other]\n';
  assert.equal(matches(toml, 'web-1'), [
    '[guest.web-1]',
    '[guest."web-?"] the exact name wins over a pattern',
    '[guest."web-*"] the exact name wins over a pattern',
    '[guest."*"] the exact name wins over a pattern',
  ]);
  assert.equal(matches(toml, 'web-2'), [
    '[guest."web-?"]',
    '[guest."web-*"] of two patterns of one length the later written wins',
    '[guest."*"] the longer pattern wins over the shorter',
  ]);
  assert.equal(matches('[guest.cliff]', 'rob'), []);
});

test('a name is shown as it would be written', () => {
  assert.equal(matches("[guest.'web-\\*']", 'web-*'), ['[guest."web-\\\\*"]']);
});

const friends = '[group.friends]\nceil = "30mbit"\n[guest."*"]\ngroup = "friends"\nrate = "5mbit"\n';
const handlesOf = (world: World, name: string) => {
  const { id = { value: 0 } } = explanationOf(world, name);
  return {
    id: id.value,
    taps: world.guests.find((guest) => guest.name === name)?.nics.map(({ tap }) => tap) ?? [],
  };
};

function explanationOf(world: World, name: string, rules = generateFor(world).rules) {
  const inputs = { moment: everyday, ...world, chosen: noneChosen, templates, source: 'config.toml' };
  return explain(name, inputs, generateFor(world), {
    rules: { folder: 'rules.d', rules },
    kernel: 'no kernel',
  });
}

test('where the kernel cannot be asked, who should be shaped is not said to be', () => {
  const world = makeWorld(friends, { cliff: 'vnet0@br0' });
  assert.is(explanationOf(world, 'cliff').state, 'unknown');
  assert.is(explanationOf(world, 'nobody').state, 'stopped');
});

test('the state is that of its rows in status, the worst of them; of gone ones alone, what it would be', () => {
  const world = makeWorld(friends, { cliff: 'vnet0@br0' });
  const inputs = { moment: everyday, ...world, chosen: noneChosen, templates, source: 'config.toml' };
  const stateBy = (...states: GuestRow['state'][]) => {
    const rows = ['rob', 'cliff'].flatMap((guest) =>
      states.map(
        (state): GuestRow => ({ guest, taps: [], state, shaped: { out: true, in: true }, faults: [] }),
      ),
    );
    const about = { rules: { folder: 'rules.d' }, kernel: 'no kernel', rows };
    const { state, shaping } = explain('cliff', inputs, generateFor(world), about);
    return `${state} ${shaping.length}`;
  };
  assert.is(stateBy('shaped', 'shaped'), 'shaped 2');
  assert.is(stateBy('shaped', 'unshaped'), 'partly 2');
  assert.is(stateBy('unshaped', 'unshaped'), 'unshaped 2');
  assert.is(stateBy('shaped', 'left out'), 'shaped 2');
  assert.is(stateBy('left out'), 'left out 1');
  assert.is(stateBy('gone', 'shaped'), 'partly 2');
  assert.is(stateBy('gone').split(' ')[1], '0');
});

test('the lines of a guest are all that its name is on, and no other', () => {
  const world = makeWorld(friends, { cliff: 'vnet0@br0 vnet1@br0', rob: 'vnet2@br0' });
  const { rules } = generateFor(world);
  const lines = linesAbout(rules, handlesOf(world, 'cliff'));
  const named = (text: string) => text.split('\n').filter((line) => /\bcliff\b/.test(line));
  const tc = lines.filter(({ file }) => file === 'shape.tc').map(({ text }) => text);
  assert.equal(
    tc,
    named(rules['shape.tc']).map((line) => line.trim()),
  );
  const nft = lines.filter(({ file }) => file === 'ruleset.nft').map(({ text }) => text);
  for (const line of named(rules['ruleset.nft']).filter((text) => !/^\s*#/.test(text)))
    assert.ok(nft.includes(line.trim()), line);
  assert.not.ok(nft.some((line) => /rob|vnet2/.test(line)));
  assert.not.ok(
    nft.some((line) => !/[^\s{}]/.test(line)),
    'a chain is its head and its rules',
  );
});

test('an id is told as written where its own entry has it, whatever the other entries have', () => {
  const world = makeWorld('[guest."*"]\n[guest.jason]\nid = 0x20\n[guest.cliff]\n[guest.rob]\nid = 0x21\n', {
    cliff: 'vnet0@br0',
    rob: 'vnet1@br0',
    web: 'vnet2@br0',
  });
  const origin = (name: string) => {
    const { id } = explanationOf(world, name);
    return `${id?.from}${id?.at ? ` in line ${id.at.line}` : ''}`;
  };
  assert.equal(['cliff', 'rob', 'web'].map(origin), ['drawn', 'entry in line 6', 'drawn']);
  assert.is(explanationOf(world, 'rob').id?.value, 0x21);
});

test('also where a template names nobody', () => {
  const world = makeWorld(friends, { cliff: 'vnet0@br0', rob: 'vnet2@br0' });
  const { rules } = generateFor(world);
  const bare = Object.fromEntries(
    Object.entries(rules).map(([file, text]) => [file, text.replace(/ *#.*| comment "[^"]*"/g, '')]),
  ) as unknown as typeof rules;
  const numbers = (of: typeof rules) =>
    linesAbout(of, handlesOf(world, 'cliff')).map(({ file, line }) => `${file}:${line}`);
  assert.equal(numbers(bare), numbers(rules));
});

test("a name that looks like another guest's line does not become one", () => {
  const plain = makeWorld(friends, { cliff: 'vnet0@br0', rob: 'vnet1@br0' });
  const { id } = handlesOf(plain, 'cliff');
  const hex = id.toString(16);
  const name = `# : goto out-${hex} classid 1:${hex} meta priority set 1:${hex}`;
  const hostile = makeWorld(friends, { cliff: 'vnet0@br0', [name]: 'vnet1@br0' });
  const lines = linesAbout(generateFor(hostile).rules, handlesOf(hostile, 'cliff'));
  assert.not.ok(lines.some(({ text }) => text.includes('vnet1')));
  const own = lines.map(({ text }) => text.split('#')[0]);
  const expected = linesAbout(generateFor(plain).rules, handlesOf(plain, 'cliff')).map(
    ({ text }) => text.split('#')[0],
  );
  assert.equal(own, expected);
});

const screen = (world: World, name: string, rules?: ReturnType<typeof generateFor>['rules']) =>
  explainText(explanationOf(world, name, rules), '/etc/virt-shaper')
    .map(textOf)
    .join('\n');

test('where the kernel cannot be read all the rest is there', () => {
  const text = screen(makeWorld(friends, { cliff: 'vnet0@br0' }), 'cliff');
  assert.match(
    text,
    /^cliff should be shaped on eth0\.\n {2}! what the kernel holds cannot be told: no kernel\n/,
  );
  assert.match(text, '  rate         5mbit');
});

test('with a mistaken configuration nobody is sent to apply before it is mended', () => {
  const world = makeWorld(friends, { cliff: 'vnet0@br0' });
  const older = generateFor(makeWorld(friends.replace('5mbit', '6mbit'), { cliff: 'vnet0@br0' })).rules;
  const text = (mistaken: boolean) =>
    explainText(explanationOf(world, 'cliff', older), '/etc/virt-shaper', mistaken)
      .map(textOf)
      .join('\n');
  assert.match(
    text(false),
    '! rules.d says something else than the configuration and the guests now: virt-shaper apply\n',
  );
  assert.match(
    text(true),
    '! rules.d says something else than the configuration in force and the guests now: mend the configuration first (virt-shaper check), then virt-shaper apply\n',
  );
});

test('a size says what it was computed from, or where it is written', () => {
  const row = (toml: string, name: string) => {
    const text = screen(makeWorld(toml, { cliff: 'vnet0@br0' }), 'cliff');
    return text.split('\n').find((line) => line.startsWith(`  ${name} `)) ?? '';
  };
  assert.match(row('[guest.cliff]\n', 'burst'), 'computed from the rate');
  assert.match(row('[guest.cliff]\n', 'cburst'), 'computed from the ceil');
  assert.match(row('[guest.cliff]\n', 'quantum'), 'computed from the rate');
  assert.match(row('[guest.cliff]\nburst = "64k"\n', 'burst'), 'config.toml:2:9');
  assert.not.match(row('[guest.cliff]\nburst = "64k"\n', 'burst'), 'computed');
});

test('the link says what it was taken from', () => {
  const toml = '[guest.cliff]\nceil = "2gbit"\n';
  const cut = (uplink: string) => screen(makeWorld(toml, { cliff: 'vnet0@br0' }, { eth0: uplink }), 'cliff');
  assert.match(cut('br0 1000'), 'cut to the link of eth0, as the kernel reports it');
  const assumed = makeWorld('[guest.cliff]\nceil = "20gbit"\n', { cliff: 'vnet0@br0' }, { eth0: 'br0' });
  assert.match(screen(assumed, 'cliff'), 'cut to the link of eth0, which is assumed');
  assert.match(screen(assumed, 'cliff'), '! the kernel does not know the speed of eth0: ');
});

test('what is built in gives its value before it is cut', () => {
  const toml = '[uplink.eth0]\nceil = "50mbit"\n[guest.cliff]\nceil = "20mbit"\n';
  const text = screen(makeWorld(toml, { cliff: 'vnet0@br0' }, { eth0: 'br0' }), 'cliff');
  assert.match(text, /rate +20mbit +100mbit is built in, as nothing is written\n +cut to its ceil/);
});

test('metadata is named as the origin, and whether it counts', () => {
  const world = makeWorld('[defaults]\nmetadata = true\n[guest.cliff]\nceil = "9mbit"\n', {
    cliff: 'vnet0@br0',
  });
  const [cliff] = world.guests;
  if (cliff) cliff.metadata = { rate: { out: 3e6, in: 3e6 }, group: 'nobody' };
  const text = screen(world, 'cliff');
  assert.match(text, /rate +3mbit +the guest's own metadata/);
  assert.match(text, "metadata  in the guest's XML  counts where its entry is silent");
  assert.match(text, '! guest cliff: its metadata names a group nobody');
  world.config.defaults.metadata = false;
  assert.match(screen(world, 'cliff'), 'not accepted: [defaults] metadata = false');
});

test('NICs of kinds that nobody can shape do not make a guest unshaped', () => {
  const world = makeWorld(friends, { cliff: 'vnet0@br0' });
  const [cliff] = world.guests;
  if (cliff) cliff.skipped = [{ nic: 'macvtap0', reason: "type='direct' does not cross a Linux bridge" }];
  const text = screen(world, 'cliff');
  assert.match(text, /^cliff should be shaped on eth0\.\n/);
  assert.match(text, "macvtap0, not shaped: type='direct' does not cross a Linux bridge");
});

test('nor what an entry is called', () => {
  const toml = `[guest."cl\\u202e*"]\n[guest."cl*"]\n`;
  assert.not.ok(screen(makeWorld(toml, { 'cl\u202eiff': 'vnet0@br0' }), 'cl\u202eiff').includes('\u202e'));
});

test('nothing that a guest is called drives the terminal', () => {
  const name = 'a\u001b[31m\u202eb\nc';
  const text = screen(makeWorld('[guest."*"]\n', { [name]: 'vnet0@br0' }), name);
  for (const character of ['\u001b', '\u202e']) assert.not.ok(text.includes(character));
  assert.match(text, /^"a\\u/);
});

test.run();

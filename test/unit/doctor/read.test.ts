// How doctor reads its facts of the policy from files: guests, configuration, what the last load left.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { had } from '../../../src/doctor/finding.ts';
import { readConfiguration } from '../../../src/doctor/read/configuration.ts';
import { readGuestFacts } from '../../../src/doctor/read/guests.ts';
import { readInForceFacts } from '../../../src/doctor/read/in-force.ts';
import { filesIn, timeOf, writersOf } from '../../../src/doctor/read/stat.ts';
import type { Guest } from '../../../src/guests/guest.ts';
import type { Device } from '../../../src/host/host.ts';
import { generate } from '../../../src/pipeline.ts';
import { everyday } from '../../../src/policy/moment/moment.ts';
import { writeGuests } from '../../../src/store/guests.ts';
import { noteLoad } from '../../../src/store/history.ts';
import { planFile } from '../../../src/store/in-force-rules.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { makeWorld, noneChosen, templates } from '../../support/world.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-doctor-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const paths = () => makePaths({ root });
const put = (file: string, text = '') => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
};
const tap = { tap: true, master: 'br0' };
const guest = (name: string, ...taps: string[]): Guest => ({
  name,
  driver: 'qemu',
  nics: taps.map((one) => ({ tap: one, bridge: 'br0' })),
});

test('guests: those noted, those whose taps are there, and which of their NICs the rules in force know', async () => {
  const devices = new Map<string, Device>(['vnet0', 'vnet1', 'vnet2'].map((name) => [name, tap]));
  const facts = () => readGuestFacts(paths(), devices, [], [], undefined);
  assert.equal([(await facts()).noted, (await facts()).running], [{ value: [] }, []]);
  put(paths().guests);
  writeGuests(paths().guests, [guest('ann', 'vnet0', 'vnet1'), guest('bob', 'vnet2'), guest('cid', 'vnet9')]);
  const before = await facts();
  assert.equal(
    had(before.noted)?.map(({ name }) => name),
    ['ann', 'bob', 'cid'],
  );
  assert.equal(
    before.running.map(({ name }) => name),
    ['ann', 'bob'],
  );
  assert.equal([...before.inForce], [], 'nothing is loaded');
  const trees = { out: { groups: [] }, in: { groups: [] } };
  const taps = ['vnet0 ann', 'vnet2 bob'].map((one) => {
    const [name, owner] = one.split(' ');
    return { name, guest: owner, bridge: 'br0' };
  });
  const plan = {
    version: 1,
    uplinks: [{ name: 'eth0', ports: [], trees, taps }],
    unshaped: [],
    warnings: [],
  };
  put(join(paths().rules, 'good', planFile), JSON.stringify(plan));
  assert.equal([...(await facts()).inForce], ['vnet0 ann', 'vnet2 bob']);
  put(join(paths().libvirtState('qemu'), 'torn.xml'), '<domstatus');
  assert.equal(
    (await facts()).unread.map(({ name }) => name),
    ['torn'],
  );
  const { config } = makeWorld('[guest.ann]\n', {});
  assert.is((await readGuestFacts(paths(), devices, ['br0'], ['eth0'], config)).config, config);
  put(paths().guests, '{');
  const damaged = await facts();
  assert.equal(['failed' in damaged.noted, damaged.running], [true, []]);
});

test('what the last load left: nothing, rules, a plan that is damaged', async () => {
  const read = () => readInForceFacts(paths(), undefined, { value: 2 }, { failed: 'no nft' });
  const none = await read();
  assert.equal([none.loaded, none.lost, none.outdated], [false, false, undefined]);
  assert.equal(had(none.history)?.last, {});
  assert.equal(had(none.inForce)?.uplinks, []);
  put(paths().history);
  noteLoad(paths().history, 'no room');
  put(join(paths().rules, 'good', planFile), '{');
  const some = await read();
  assert.equal(
    [some.loaded, had(some.history)?.last.error, 'failed' in some.inForce],
    [true, 'no room', true],
  );
  assert.equal(some.drift, { value: 2 });
  put(paths().history, '{');
  assert.ok('failed' in (await read()).history);
});

test('rules are outdated where a render makes others now, comments aside; nothing loaded is not', async () => {
  const { config, guests, host } = makeWorld('[guest.ann]\n', { ann: 'vnet0@br0' });
  const outdated = async () =>
    (await readInForceFacts(paths(), { config, guests, host }, { value: 0 }, { failed: 'no nft' })).outdated;
  assert.equal(await outdated(), { value: false }, 'nothing is loaded');
  const good = join(paths().rules, '.good-1');
  const load = (change: (text: string, name: string) => string) => {
    const { rules } = generate({
      config,
      guests,
      host,
      moment: everyday,
      chosen: noneChosen,
      templates,
      source: 'x',
    });
    for (const [name, text] of Object.entries(rules)) put(join(good, name), change(text, name));
  };
  load((text) => text);
  symlinkSync('.good-1', join(paths().rules, 'good'));
  assert.equal(await outdated(), { value: false });
  load((text) => `# another banner\n${text}`);
  assert.equal(await outdated(), { value: false });
  for (const file of ['ruleset.nft', 'shape.tc', 'devices.ip', 'settings.sysctl']) {
    load((text, name) => (name === file ? `${text}one more\n` : text));
    assert.equal(await outdated(), { value: true }, file);
  }
});

test('the configuration: not there, wrong, with its warnings of this host, held back', async () => {
  const devices = new Map<string, Device>([['eth0', { tap: false }]]);
  const read = (here: Map<string, Device> | undefined = devices) => readConfiguration(paths(), here);
  const none = await read();
  assert.equal(
    [none.there, none.held, none.pending, none.file],
    [false, false, undefined, paths().config.file],
  );
  assert.equal(had(none.templates)?.size, 0);
  const file = paths().config.file;
  put(file, '[guest.ann]\nrate = "fast"\n[guest.bob]\nrate = 5\n');
  const wrong = await read();
  assert.equal([wrong.there, wrong.errors.length, wrong.config], [true, 2, undefined]);
  put(file, '[guest.ann]\n[uplink.nosuch0]\nceil = "1gbit"\n');
  const here = await read();
  assert.equal([here.errors, here.config?.guests.length], [[], 1]);
  assert.ok(here.warnings.some(({ message }) => message.includes('nosuch0')));
  const blind = await readConfiguration(paths(), undefined);
  assert.equal([blind.config?.guests.length, blind.warnings], [1, []], 'of an unknown host nothing is said');
  put(join(paths().templates, 'class.tc.hbs'), 'mine');
  assert.equal([...(had((await read()).templates) ?? [])], [['class.tc', 'mine']]);
});

test('folders that others can write are named, each once', async () => {
  const folder = dirname(put(paths().config.file));
  const writable = async () => [...(await readConfiguration(paths(), new Map())).writable.keys()];
  assert.equal(await writable(), []);
  for (const one of [folder, paths().rules, dirname(paths().guests), dirname(paths().ids)]) {
    mkdirSync(one, { recursive: true });
    chmodSync(one, 0o777);
    assert.equal(await writable(), [one]);
    chmodSync(one, 0o755);
  }
});

test('a file by what can be seen of it', () => {
  const file = put(join(root, 'crontab'), 'x');
  utimesSync(file, 1000, 2000);
  assert.equal([timeOf(file), writersOf(file)], [2_000_000, undefined]);
  chmodSync(file, 0o666);
  assert.match(writersOf(file) ?? '', 'others than root can write it');
  for (const none of [join(root, 'none'), join(file, 'below')])
    assert.equal([timeOf(none), writersOf(none), filesIn(none)], [undefined, undefined, []]);
  for (const name of ['one', 'two', 'old.bak']) put(join(root, 'cron.d', name));
  const entries = ['one', 'two'].map((name) => join(root, 'cron.d', name));
  assert.equal(filesIn(join(root, 'cron.d')).sort(), entries);
  assert.equal(filesIn(file), [file]);
});

test.run();

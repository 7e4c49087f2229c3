// What is kept beside the rules in force, and what a load that was killed has left: read damaged, of nobody, and again.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyState } from '../../../src/kernel/objects.ts';
import { isHistoryHalfWritten } from '../../../src/store/history.ts';
import {
  type Obstacle,
  readInForce,
  readRenderedPlan,
  tryInForce,
  withPlanObstacles,
} from '../../../src/store/in-force-plan.ts';
import {
  areSame,
  dropGood,
  goodSource,
  keepGood,
  laidFolder,
  layGood,
  planFile,
  readRules,
  removeSpares,
  sourceFile,
  sourceOf,
  unnotedFolder,
} from '../../../src/store/in-force-rules.ts';
import { recordFormer } from '../../../src/store/journal.ts';
import { madeFromBody, readMadeFrom, writeMadeFrom } from '../../../src/store/made-from.ts';
import { parseKnown } from '../../../src/store/parsed-config.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { writeListing } from '../../../src/store/table-fingerprint.ts';
import { Failure } from '../../../src/system/errors.ts';
import { Findings } from '../../../src/toml/findings.ts';
import { SourceFile } from '../../../src/toml/source-file.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-in-force-'));
  for (const folder of ['run', 'var/lib']) mkdirSync(join(root, folder, 'virt-shaper'), { recursive: true });
});
test.after.each(() => {
  rmSync(root, { recursive: true });
  setBuild(undefined);
});

const paths = () => makePaths({ root });
/** As the launcher tells it. */
function setBuild(build: string | undefined): void {
  const shared = globalThis as { launched?: { build: string; noteStart: () => void } };
  if (build === undefined) delete shared.launched;
  else shared.launched = { build, noteStart: () => {} };
}

const rules = (word: string) => ({
  'ruleset.nft': `${word} n`,
  'shape.tc': `${word} t`,
  'devices.ip': `${word} i`,
  'settings.sysctl': `${word} s`,
});
const plan = (more: object = {}) =>
  JSON.stringify({ version: 1, uplinks: [], unshaped: [], warnings: [], ...more });
function load(word: string, companions = new Map<string, string>()): void {
  keepGood(paths().rules, layGood(paths().rules, rules(word), companions));
}

test('two renderings are the same text by text', () => {
  assert.is(areSame(rules('a'), rules('a')), true);
  assert.is(areSame(rules('a'), { ...rules('a'), 'settings.sysctl': 'x' }), false);
  assert.is(areSame(undefined, rules('a')), false);
});

test('rules that are not there say who makes them; settings need not be there', () => {
  load('a');
  const { rules: folder } = paths();
  rmSync(join(folder, 'good/settings.sysctl'));
  assert.is(readRules(join(folder, 'good'))['settings.sysctl'], '');
  rmSync(join(folder, 'good/shape.tc'));
  const said = (place: string) => {
    try {
      readRules(place);
      return [];
    } catch (error) {
      assert.instance(error, Failure);
      return [(error as Failure).message, (error as Failure).hint];
    }
  };
  const good = join(folder, 'good');
  assert.equal(said(good), [`${good}/shape.tc is not there`, 'virt-shaper sync --in-force makes it anew']);
  assert.equal(said(folder), [`${folder}/ruleset.nft is not there`, 'virt-shaper render writes it']);
});

test('what a load that was killed has laid, on either disk', () => {
  const { rules: folder, spare: place } = paths();
  assert.is(laidFolder(folder, place), undefined);
  load('a');
  assert.is(laidFolder(folder, place), undefined, 'what is in force is not laid for later');
  const name = layGood(folder, rules('b'), new Map());
  assert.is(laidFolder(folder, place), join(folder, name));
  keepGood(folder, name);
  assert.is(laidFolder(folder, place), undefined);
  mkdirSync(`${place}-7`);
  assert.is(laidFolder(folder, place), `${place}-7`);
});

test('what the kernel has taken and good does not lead to is known by the ruleset that was committed last', () => {
  const { rules: folder, spare, listing } = paths();
  load('a');
  layGood(folder, rules('left of a load that was undone'), new Map());
  const taken = `${spare}-7`;
  mkdirSync(taken);
  writeFileSync(join(taken, 'ruleset.nft'), rules('b')['ruleset.nft']);
  assert.is(unnotedFolder(paths()), undefined, 'nothing is known of a commit');
  writeListing(listing, rules('a')['ruleset.nft'], 'as listed');
  assert.is(unnotedFolder(paths()), undefined);
  writeListing(listing, rules('b')['ruleset.nft'], 'as listed');
  assert.is(unnotedFolder(paths()), taken);
  keepGood(folder, taken);
  assert.is(unnotedFolder(paths()), undefined, 'it is noted now');
  mkdirSync(`${spare}-8`);
  removeSpares(paths());
  assert.equal([existsSync(taken), existsSync(`${spare}-8`)], [true, false], 'but what is in force');
});

test('only a disk that is full is a reason to lay rules elsewhere', () => {
  const { rules: folder, spare } = paths();
  writeFileSync(folder, 'a file in the place of the folder');
  assert.throws(() => layGood(folder, rules('a'), new Map(), spare));
  assert.is(laidFolder(root, spare), undefined);
  rmSync(folder);
  assert.is(layGood(folder, rules('a'), new Map(), spare), '.good-1');
});

test('what is in force goes, of whatever age, and is gone already the second time', () => {
  const { rules: folder } = paths();
  assert.not.throws(() => dropGood(folder), 'nothing was ever loaded');
  load('a', new Map([[sourceFile, 'toml']]));
  assert.equal([goodSource(folder), sourceOf(folder)], ['toml', undefined]);
  assert.is(readlinkSync(join(folder, 'good')), '.good-1');
  dropGood(folder);
  dropGood(folder);
  assert.equal([readdirSync(folder), goodSource(folder)], [[], undefined]);
  mkdirSync(join(folder, 'good/in'), { recursive: true });
  dropGood(folder);
  assert.equal(readdirSync(folder), [], 'a folder, as an older version had it');
});

const obstacle: Obstacle = { uplink: 'eth0', directions: ['out'], reason: 'r', hint: 'h', guests: [] };

test('what stood in the way is kept with the plan', () => {
  const kept = new Map([[planFile, plan()]]);
  assert.is(withPlanObstacles(kept, []), kept);
  assert.equal(withPlanObstacles(new Map(), [obstacle]).size, 0);
  load('a', withPlanObstacles(kept, [obstacle]));
  assert.equal(readInForce(paths().rules).obstacles, [obstacle]);
  assert.is(kept.get(planFile), plan(), 'the former text is as it was');
});

test('a plan: absent, whole, damaged', () => {
  const { rules: folder } = paths();
  assert.is(readRenderedPlan(folder), undefined);
  assert.equal(tryInForce(folder)?.uplinks, []);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, planFile);
  writeFileSync(file, plan({ warnings: ['w'] }));
  assert.equal(readRenderedPlan(folder)?.warnings, ['w']);
  const tree = { groups: [] };
  const uplink = { name: 'eth0', ports: [], taps: [], trees: { out: tree, in: tree } };
  writeFileSync(file, plan({ uplinks: [uplink] }));
  assert.is(readRenderedPlan(folder)?.uplinks.length, 1);
  for (const wrong of [
    null,
    { ...uplink, taps: undefined },
    { ...uplink, ports: 7 },
    { ...uplink, trees: { out: tree } },
    { ...uplink, trees: { out: {}, in: tree } },
    { ...uplink, trees: undefined },
  ]) {
    writeFileSync(file, plan({ uplinks: [wrong] }));
    assert.is(readRenderedPlan(folder), undefined, JSON.stringify(wrong));
    load('a', new Map([[planFile, plan({ uplinks: [wrong] })]]));
    assert.is(tryInForce(folder), undefined);
    assert.throws(() => readInForce(folder), /is damaged/);
  }
  writeFileSync(file, '{');
  assert.is(readRenderedPlan(folder), undefined);
});

test('for people: what was in force before a load, in files that they can load', () => {
  const { journal } = paths();
  recordFormer(journal, { ...emptyState(), ruleset: 'table t {}\n' });
  assert.equal(readdirSync(journal).sort(), ['former-devices', 'former-ruleset', 'former-shape']);
  assert.is(readFileSync(join(journal, 'former-ruleset'), 'utf8'), 'table t {}\n');
  rmSync(journal, { recursive: true });
  writeFileSync(journal, 'a file of somebody else');
  recordFormer(journal, emptyState());
  assert.ok(existsSync(join(journal, 'former-shape')));
});

test('a load that was killed while it noted itself', () => {
  const { history } = paths();
  assert.is(isHistoryHalfWritten(history), false);
  writeFileSync(`${history}.next`, '{');
  assert.is(isHistoryHalfWritten(history), true);
});

const lines = { common: 'c', guests: ['a', 'b'], devices: ['d'] };
const basis = { frame: 'f', warnings: [], unshaped: [], room: {} };

test('what rules were made from counts for these rules, this configuration and this build', () => {
  const places = paths();
  load('a', new Map([[planFile, plan()]]));
  writeMadeFrom(places, 'toml', madeFromBody(lines, basis));
  assert.not.ok(existsSync(places.madeFrom), 'from its source nobody knows which build it is');
  setBuild('1');
  writeMadeFrom(places, 'toml', madeFromBody(lines, basis));
  const made = () => readMadeFrom(places, 'toml');
  assert.equal(made(), { lines, basis });
  assert.is(readMadeFrom(places, 'other'), undefined);
  setBuild('2');
  assert.is(made(), undefined);
  setBuild('1');
  const text = readFileSync(places.madeFrom, 'utf8');
  writeFileSync(places.madeFrom, text.replace('\nb\n', '\nB\n'));
  assert.is(made(), undefined, 'not as it was written');
  writeFileSync(places.madeFrom, text.slice(0, -1));
  assert.is(made(), undefined, 'cut short');
  writeFileSync(places.madeFrom, text);
  assert.ok(made());
  writeFileSync(places.ids, '{}');
  assert.is(made(), undefined, 'ids were drawn since');
  rmSync(places.ids);
  load('b', new Map([[planFile, plan()]]));
  assert.is(made(), undefined, 'other rules are in force');
});

test('a configuration as it was understood: the same text and build only, and none with mistakes', () => {
  const cache = join(root, 'run/virt-shaper/parsed-config');
  const file = (text: string) => [new SourceFile('config.toml', text)];
  const parse = (text: string) => parseKnown(cache, file(text), new Findings());
  const [one, two] = ['[guest.a]\nrate = "1mbit"\n', '[guest.b]\n'];
  parse(one);
  assert.not.ok(existsSync(cache));
  setBuild('1');
  const fresh = parse(one);
  const kept = readFileSync(cache, 'utf8');
  const again = parse(one);
  assert.equal(again.config, fresh.config);
  assert.equal([again.files, again.sources.length], [['config.toml'], 1]);
  assert.is(readFileSync(cache, 'utf8'), kept);
  assert.equal(
    parse(two).config.guests.map(({ name }) => name),
    ['b'],
  );
  const other = readFileSync(cache, 'utf8');
  assert.is.not(other, kept);
  const understood = (text: string) => text.slice(text.indexOf('\n') + 1);
  writeFileSync(cache, kept.replace(understood(kept), understood(other)));
  assert.equal(parse(one).config, parse(two).config, 'it is taken from there, and not understood anew');
  writeFileSync(cache, kept.slice(0, kept.indexOf('\n') + 9));
  assert.equal(parse(one).config, fresh.config, 'cut short');
  writeFileSync(cache, kept);
  const findings = new Findings();
  findings.unreadable(undefined, 'config.d/10.toml: refused');
  assert.throws(() => parseKnown(cache, file(one), findings), 'a file beside it cannot be read');
  assert.throws(() => parse('[guest.a\n'));
  assert.is(readFileSync(cache, 'utf8'), kept);
  rmSync(cache);
  mkdirSync(cache);
  assert.equal(parse(one).config, fresh.config, 'where it cannot be kept it is understood anew');
});

test.run();

// The lines of a guest that comes, put into the rules in force as they lie on the disk: what that is made of, and when it is
// left to a run for all guests.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { madeFromOf, makePart, planText } from '../../../src/operations/make-part.ts';
import { generate, type Inputs } from '../../../src/pipeline.ts';
import { everyday } from '../../../src/policy/moment/moment.ts';
import { compiled, strictly } from '../../../src/render/compiled.ts';
import { planFile, sourceFile } from '../../../src/store/in-force-rules.ts';
import { writeMadeFrom } from '../../../src/store/made-from.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { Failure } from '../../../src/system/errors.ts';
import { makeWorld, noneChosen, templates } from '../../support/world.ts';

const here = globalThis as { launched?: { build: string } };
let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-make-part-'));
  // As the built program has it: its own build, and the package's templates compiled.
  here.launched = { build: 'one' };
  for (const [name, { text }] of templates) {
    const template = new Function(`return ${Handlebars.precompile(text, strictly)}`)();
    compiled[name] = { text, template };
  }
});
test.after.each(() => {
  delete here.launched;
  for (const name of Object.keys(compiled)) delete compiled[name];
  rmSync(root, { recursive: true });
});

const snapshot = 'the configuration\n';
const about = ['warning: of the configuration'];

/** @param came whoever comes to those who were there when the rules in force were made */
function scene(toml: string, guests: Record<string, string>, came: string, uplinks?: Record<string, string>) {
  const paths = makePaths({ root });
  const { config, guests: all, host } = makeWorld(toml, guests, uplinks);
  const inputsFor = (present: typeof all): Inputs => {
    const taps = new Set(present.flatMap(({ nics }) => nics.map(({ tap }) => tap)));
    const devices = new Map([...host.devices].filter(([name, { tap }]) => !tap || taps.has(name)));
    const given = { config, guests: present, host: { ...host, devices }, templates };
    return { ...given, moment: everyday, chosen: noneChosen, source: 'a test' };
  };
  const first = inputsFor(all.filter(({ name }) => name !== came));
  const former = generate(first);
  const good = join(paths.rules, 'good');
  mkdirSync(good, { recursive: true });
  mkdirSync(join(root, 'run/virt-shaper'), { recursive: true });
  for (const [name, text] of Object.entries(former.rules)) writeFileSync(join(good, name), text);
  writeFileSync(join(good, planFile), planText(first, former, about));
  writeMadeFrom(paths, snapshot, madeFromOf({ inputs: first, ...former }));
  return { paths, former, inputs: { ...inputsFor(all), chosen: former.chosen } };
}

const entries = '[uplink.eth0]\nceil = "1gbit"\n[guest."*"]\nrate = "1mbit"\n';
const three = { ann: 'vnet0@br0', bob: 'vnet1@br0', cid: 'vnet2@br0' };

test('who comes is put into the rules and the plan, as a run for all makes them', () => {
  const { paths, former, inputs } = scene(entries, three, 'bob');
  const made = makePart(paths, former.rules, inputs, snapshot, about);
  const all = generate(inputs);
  assert.equal([made?.rules, made?.chosen], [all.rules, all.chosen]);
  assert.equal(
    [...(made?.companions ?? [])],
    [
      [sourceFile, snapshot],
      [planFile, planText(inputs, all, about)],
    ],
  );
  assert.equal(made?.about, about);
});

test('it is what the next start will want to know, too', () => {
  const { paths, former, inputs } = scene(entries, three, 'bob');
  const made = makePart(paths, former.rules, inputs, snapshot, about);
  assert.ok(made);
  assert.equal(madeFromOf(made), madeFromOf({ inputs, ...generate(inputs) }));
});

test('of another configuration, templates of somebody’s own, or without the plan in force, all is made', () => {
  const { paths, former, inputs } = scene(entries, three, 'bob');
  const part = (of: Inputs = inputs, text = snapshot) => makePart(paths, former.rules, of, text, about);
  assert.ok(part());
  assert.is(part(inputs, 'another\n'), undefined);
  const own = new Map([...templates].map(([name, one]) => [name, { ...one, text: `${one.text}\n` }]));
  assert.is(part({ ...inputs, templates: own }), undefined);
  rmSync(join(paths.rules, 'good', planFile));
  assert.is(part(), undefined);
});

test('what fails for the few is left to the run for all, which fails by itself; a defect is not', () => {
  const toml = `[marks]\nbase = 0xffff0000\n${entries.replace('eth0', 'wan0')}[uplink.eth0]\n[uplink.eth1]\n`;
  const uplinks = { wan0: 'br1 1000', eth0: 'br0 1000', eth1: 'br0 1000' };
  const guests = { ann: 'vnet0@br1', bob: 'vnet1@br0', cid: 'vnet2@br1' };
  const { paths, former, inputs } = scene(toml, guests, 'bob', uplinks);
  try {
    generate(inputs);
    assert.unreachable('there are no marks for a second uplink');
  } catch (error) {
    assert.instance(error, Failure);
  }
  assert.is(makePart(paths, former.rules, inputs, snapshot, about), undefined);
  const { host, ...others } = inputs;
  assert.throws(() => makePart(paths, former.rules, others as Inputs, snapshot, about), /undefined/);
});

test.run();

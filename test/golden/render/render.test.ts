// One folder for each feature: configuration, guests and host in, the files of rules.d out, byte for byte, and
// what people are told about it (notes). UPDATE_GOLDEN=1 writes what comes out now: read it before committing.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { label } from '../../../src/text/label.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { version } from '../../../src/system/version.ts';
import { generateFor, noneChosen, readToml } from '../../support/world.ts';
import { readNetwork } from '../../trace/trace.ts';

const here = import.meta.dirname;

for (const name of readdirSync(here).filter((entry) => /^\d\d-/.test(entry))) {
  test(name, () => {
    const actual = generateFrom(join(here, name));
    const expected = join(here, name, 'expected');
    if (process.env.UPDATE_GOLDEN) {
      mkdirSync(expected, { recursive: true });
      for (const [file, text] of Object.entries(actual)) writeFileSync(join(expected, file), text);
    }
    assert.equal(readdirSync(expected).sort(), Object.keys(actual).sort());
    for (const [file, text] of Object.entries(actual)) {
      assert.is(text, readFileSync(join(expected, file), 'utf8'), `${name}/expected/${file}`);
    }
  });
}

function generateFrom(folder: string): Record<string, string> {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const host = JSON.parse(read('host.json'));
  const world = {
    config: readToml(read('config.toml')),
    guests: JSON.parse(read('guests.json')),
    host: {
      ...host,
      devices: new Map(Object.entries(host.devices)),
      ...(host.networks ? { networks: new Map(Object.entries(host.networks)) } : {}),
    },
  };
  const chosen = existsSync(join(folder, 'ids.json')) ? JSON.parse(read('ids.json')) : noneChosen;
  const { rules, policy } = generateFor(world, chosen);
  readNetwork(rules);
  const masked = Object.entries(rules).map(([file, text]) => [file, text.replace(version, 'VERSION')]);
  return { ...Object.fromEntries(masked), notes: notes(policy) };
}

function notes({ warnings, unshaped }: Policy): string {
  const lines = [
    ...warnings.map((warning) => `warning: ${warning}`),
    ...unshaped.map(({ guest, tap, kind, reason }) => `${kind}: ${[label(guest), tap].filter(Boolean).join(', ')}: ${reason}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

test.run();

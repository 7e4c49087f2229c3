// What the built program prints the package's templates with (support/printers.js) prints the same bytes as Handlebars,
// which is what runs here, from source.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
// @ts-expect-error plain JavaScript, which the build runs
import { printersSource } from '../../../build/printers.js';
import type { Plan } from '../../../src/plan/plan.ts';
import { type Printers, printers } from '../../../src/render/compiled.ts';
import { helpers, render } from '../../../src/render/render.ts';
import { makeView } from '../../../src/render/view.ts';
import { bounded, randomWorld } from '../../fuzz/random-world.ts';
import { generateFor, templates } from '../../support/world.ts';

const folder = fileURLToPath(new URL('../../../templates', import.meta.url));
const make = (from: string) => runInThisContext(printersSource(from)) as Printers;
const files = ['ruleset.nft', 'shape.tc', 'devices.ip'] as const;

test('from source Handlebars prints', () => assert.is(printers, undefined));

test('the same bytes as Handlebars, for any plan', () => {
  const own = make(folder)(helpers);
  let seen = 0;
  const isSame = (plan: Plan) => {
    const view = makeView(plan, 'config.toml');
    const rules = render(plan, templates, 'config.toml');
    for (const file of files) assert.is(own[file]?.(view, view), rules[file]);
    seen += plan.chains.length;
  };
  fc.assert(
    fc.property(randomWorld(), (world) => isSame(generateFor(world).plan)),
    bounded(200),
  );
  assert.ok(seen > 0);
});

test('what no template of ours uses is refused when it is built, not printed wrongly', () => {
  for (const text of ['{{#with a}}{{b}}{{/with}}', '{{shell a}}', '{{rate a b}}', '{{@index}}', '{{../a}}']) {
    const other = mkdtempSync(join(tmpdir(), 'virt-shaper-printers-'));
    try {
      writeFileSync(join(other, 'a.hbs'), text);
      assert.throws(() => make(other), /more than build\/printers\.js understands/, text);
    } finally {
      rmSync(other, { recursive: true });
    }
  }
});

test('a field that is not there is an error, as in Handlebars', () => {
  const own = make(folder)(helpers);
  assert.throws(() => own['tap.tc']?.({ name: 'vnet0', clsact: false }, {}), /signature is not there/);
});

test.run();

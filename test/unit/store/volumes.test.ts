// What was known at the last look is read back as it was written; what is damaged counts as lost.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Volumes } from '../../../src/policy/moment/volumes.ts';
import { readVolumes, writeVolumes } from '../../../src/store/volumes.ts';

const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-volumes-'));
const file = join(folder, 'volumes.json');
test.after(() => rmSync(folder, { recursive: true }));

const volumes: Volumes = {
  at: 1000,
  quotas: new Map([
    ['guest __proto__', { begin: 1, end: 2, used: { out: 3, in: 4 } }],
    ['group web', { begin: 1, end: 2, used: { out: 3, in: 4 }, held: { until: 5, end: 2 } }],
  ]),
  credits: new Map([['__proto__', { out: { left: -5, isOn: false, total: 7 } }]]),
};

test('what is written is read back', () => {
  writeVolumes(file, volumes);
  assert.equal(readVolumes(file), volumes);
});

test('what is not there, damaged, half, or of another version is lost', () => {
  assert.is(readVolumes(join(folder, 'other.json')), undefined);
  const good = JSON.stringify({ version: 1, at: 1, quotas: [], credits: [] });
  writeFileSync(file, good);
  assert.ok(readVolumes(file));
  const other = [
    '',
    good.slice(0, -1),
    '{}',
    'null',
    good.replace('1', '2'),
    good.replace('"at":1', '"at":"1"'),
    good.replace('"quotas":[]', '"quotas":[["guest a",{"begin":1}]]'),
    good.replace('"quotas":[]', '"quotas":[["guest a",{"begin":1,"end":2,"used":{"out":null,"in":1}}]]'),
    good.replace('"credits":[]', '"credits":[["a",{"out":{"left":1,"isOn":1,"total":2}}]]'),
    good.replace('"credits":[]', '"credits":{}'),
  ];
  for (const text of other) {
    writeFileSync(file, text);
    assert.is(readVolumes(file), undefined, text);
  }
});

test.run();

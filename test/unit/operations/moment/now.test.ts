// What is known of volumes at a moment: of the last sync, of the ledger, or of the count of this sync, and what counts where
// one of these cannot be had.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeLedger, encodeMonth } from '../../../../src/ledger/decode.ts';
import { type Ledger, newAccount, newLedger } from '../../../../src/ledger/ledger.ts';
import { noPeaks } from '../../../../src/ledger/peaks.ts';
import { type Knowledge, momentNow } from '../../../../src/operations/moment/now.ts';
import { readVolumes, writeVolumes } from '../../../../src/store/volumes.ts';
import { makeFolder } from '../../../../src/system/folders.ts';
import { dayOf } from '../../../../src/units/days.ts';
import { periodAt, type TimeSpan } from '../../../../src/units/period.ts';
import { hear } from '../../../support/heard.ts';
import { readToml } from '../../../support/world.ts';

const plain = '[uplink.eth0]\n[guest.cliff]\nceil = "9mbit"\n';
const quota = `${plain}quota = { volume = "1gb", then = { ceil = "1mbit" } }\n`;
/** The period of cliff's quota. */
function spanIn(toml: string): TimeSpan {
  const [{ quota: own } = {}] = readToml(toml).guests;
  return own ? periodAt(own.every.value, Date.now()) : { begin: 0, end: 0 };
}

const cliff = { kind: 'guest', name: 'cliff' } as const;

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-now-'));
  makeFolder(dirname(paths().volumes));
  makeFolder(paths().usage);
});
test.after.each(() => rmSync(root, { recursive: true }));

const paths = () => hear(root).context.paths;

/** What the last sync has noted, in bytes. */
const noted = (out: number) =>
  writeVolumes(paths().volumes, {
    at: 1,
    quotas: new Map([['guest cliff', { ...spanIn(quota), used: { out, in: 0 } }]]),
    credits: new Map(),
  });

function ledger(out: number): Ledger {
  const account = { ...newAccount(), total: { out, in: 0 }, day: { out, in: 0 } };
  return { ...newLedger('id'), day: dayOf(Date.now()), accounts: new Map([['guest cliff', account]]) };
}

const keepLedger = (out: number) => writeFileSync(join(paths().usage, 'now.json'), encodeLedger(ledger(out)));

const counted = (out: number): Knowledge =>
  Promise.resolve({ counting: { ledger: ledger(out), troubles: [] }, keep: async () => {} });

/** @returns what cliff has sent in this period, as far as that is known, and what is said */
async function now(from: Knowledge, toml = quota) {
  const heard = hear(root);
  const { used } = await momentNow(heard.context, readToml(toml), from);
  return { used: used?.(cliff, spanIn(toml)).out, said: heard.said, warned: heard.warned };
}

const quietly = (used: number | undefined) => ({ used, said: [], warned: [] });

test('where nobody has a volume nothing is read of it', async () => {
  keepLedger(7);
  noted(5);
  assert.equal(await now('ledger', plain), quietly(undefined));
  assert.equal(await now('noted', plain), quietly(undefined));
});

test('the start of a guest goes by the last sync, and before the first one by the ledger', async () => {
  assert.equal(await now('noted'), quietly(0));
  keepLedger(7);
  assert.equal(await now('noted'), quietly(7));
  noted(5);
  assert.equal(await now('noted'), quietly(5));
  assert.equal(await now('ledger'), quietly(7));
});

test('a view notes nothing; a sync notes what it has counted', async () => {
  keepLedger(7);
  await now('ledger');
  assert.is(readVolumes(paths().volumes), undefined);
  assert.equal(await now(counted(9)), quietly(9));
  assert.is(readVolumes(paths().volumes)?.quotas.get('guest cliff')?.used.out, 9);
});

test('a week that began in another month counts from its beginning', async () => {
  const clock = Date.now;
  const tuesday = new Date(2026, 11, 1, 12).getTime();
  Date.now = () => tuesday;
  try {
    keepLedger(3);
    const november = { days: new Map([['30', { out: 4, in: 0 }]]), peaks: { out: noPeaks, in: noPeaks } };
    const record = { month: '2026-11', accounts: new Map([['guest cliff' as const, november]]) };
    writeFileSync(join(paths().usage, '2026-11.json'), encodeMonth(record));
    assert.equal(await now('ledger', quota.replace('then', 'every = "week", then')), quietly(7));
    assert.equal(await now('ledger'), quietly(3));
  } finally {
    Date.now = clock;
  }
});

test('where it cannot be counted the ledger counts, and where that cannot be read the last sync', async () => {
  keepLedger(7);
  assert.equal(await now(Promise.resolve({ keep: async () => {} })), quietly(7));
  noted(5);
  const failed = await now(Promise.reject(new Error('no tc')));
  assert.equal(failed, {
    used: 5,
    said: [],
    warned: ['warning: what was used of volumes is as of the last sync: no tc'],
  });
});

test('what cannot be noted is said, and counts all the same', async () => {
  const folder = dirname(paths().volumes);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
  const { used, warned } = await now(counted(9));
  assert.is(used, 9);
  assert.is(warned.length, 1);
  assert.match(warned[0] ?? '', /^warning: what was used of volumes is not noted: /);
});

test('overrides that are lost are said', async () => {
  makeFolder(dirname(paths().overrides));
  writeFileSync(paths().overrides, '{', { mode: 0o600 });
  assert.match((await now('ledger', plain)).warned.join(), /^warning: .*overrides\.json is damaged/);
});

test.run();

// What must be so after each step, whatever it was and whether it succeeded.

import { existsSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { storeFiles } from '../../src/store/files.ts';
import type { History } from '../../src/store/history.ts';
import { kernelState, sh } from '../kernel/host.ts';
import { InsideHost } from '../kernel/inside.ts';
import { driftIn } from '../kernel/kernel-test.ts';
import { copyTo, isDevice, type Life, textIn } from './life.ts';
import type { Files } from './settings.ts';
import type { Did } from './steps.ts';

export interface Before {
  history: History;
  good: string | undefined;
}

export function remember(life: Life): Before {
  return { history: life.history(), good: life.good() };
}

export async function ask(life: Life, did: Did, before: Before): Promise<void> {
  // One fault is undone; where all fails from there on, nothing can be.
  if (did.fault?.kind === 'fail-on' && isJournalled(life)) life.dirty = true;
  othersAreThere(life);
  filesAreWhole(life);
  if (did.result && !did.fault)
    assert.not.match(did.result.stderr, /(?:nft|tc|ip) refused|could not be undone/);
  if (did.result) historyTells(life, did, before);
  if (did.guest && did.result?.status !== 0) leftNoTrace(life);
  if (did.loads) await isOfThese(life, life.inForce);
  await verifies(life);
}

function isJournalled({ root }: Life): boolean {
  return existsSync(join(root, 'run/virt-shaper/journal'));
}

function othersAreThere({ others }: Life): void {
  for (const { shows, text } of others) assert.match(sh(shows), text, `${shows} shows what is of others`);
}

/** One `good`, nothing half-written, and no journal but of what was killed or could not be undone. */
function filesAreWhole(life: Life): void {
  const { rules, root, dirty } = life;
  const names = existsSync(rules) ? readdirSync(rules) : [];
  const current = names.includes('good') ? [readlinkSync(join(rules, 'good'))] : [];
  const goods = names.filter((name) => name.startsWith('.good'));
  for (const name of current) assert.ok(goods.includes(name));
  // What was about to be, before a load was undone, goes with the next.
  const failed = life.history().last.error !== undefined;
  if (!dirty) assert.ok(goods.length <= current.length + (failed ? 1 : 0), goods.join(' '));
  assert.is(names.includes('good'), life.inForce !== undefined, 'good/ is there when something is in force');
  const all = ['run/virt-shaper', 'var'].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      : [],
  );
  if (dirty) return;
  assert.equal(
    all.filter((name) => name.endsWith('.next')),
    [],
  );
  assert.not(
    all.some((name) => name.startsWith('journal')),
    'no journal is left',
  );
  assert.equal(strangers(root), [], 'every file that outlives a call is in store/files.ts');
}

function strangers(root: string): string[] {
  const known = Object.values(storeFiles).map(({ path }) => path as string);
  const files = ['/run/virt-shaper', '/var/lib/virt-shaper'].flatMap((folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`) : [],
  );
  // Before the first command there is none.
  assert.is(files.length > 0, existsSync(join(root, 'run/virt-shaper')));
  // Of some there are several: `hook-called-qemu`, `in-force-1`.
  return files.filter((file) => !known.includes(file.replace(/-(?:\d+|qemu|lxc|network)$|\.damaged$/, '')));
}

/** What the last load did, for those who watch. */
function historyTells(life: Life, { result, text, fault, loads, guest }: Did, before: Before): void {
  const now = life.history();
  const isLoad = text === 'load' || /^(?:sync|apply)/.test(text) || loads !== undefined;
  if (!isLoad) {
    assert.equal(now, before.history);
    return;
  }
  const succeeded = loads === true || (text === 'load' && result?.status === 0);
  if (succeeded) assert.is(now.last.error, undefined, 'the last load succeeded');
  if (fault || guest) return;
  assert.is(now.failures, before.history.failures, 'none has failed');
  if (!succeeded) return;
  const isOther = code(life.good()) !== code(before.good);
  const counts =
    isOther || before.history.last.error !== undefined ? [1] : life.good() === before.good ? [0] : [0, 1];
  if (!life.wasDrifted)
    assert.ok(counts.includes(now.loads - before.history.loads), 'what changed something is counted');
}

/** Without what only people read. */
function code(text = ''): string {
  return text
    .replace(/#.*/g, '')
    .replace(/^\s+/gm, '')
    .replace(/^(?:table|delete table) \w+ virt-shaper(?: \{\})?\n/gm, '')
    .replace(/^=+\n/gm, '');
}

function leftNoTrace(life: Life): void {
  const gone = (text: string) =>
    [...text.matchAll(/\bvnet\d\b/g)].map(([tap]) => tap).filter((tap) => !isDevice(tap));
  const running = new Set([...life.running.values()].flatMap((own) => Object.keys(own)));
  const others = (text: string) => gone(text).filter((tap) => !running.has(tap));
  if (!life.drifted) assert.equal(others(life.rendering() ?? ''), [], 'rules.d has no refused guest');
}

/** A host of the same devices that has only ever had these files renders the same. */
async function isOfThese(life: Life, files: Files | undefined): Promise<void> {
  if (!files || life.good() === undefined) return;
  const fresh = new InsideHost('');
  try {
    for (const [path, text] of Object.entries(files)) fresh.write(path, text);
    for (const path of [
      'run/virt-shaper/guests.json',
      'run/virt-shaper/kernel.json',
      'var/lib/virt-shaper/ids.json',
      'var/lib/virt-shaper/overrides.json',
    ]) {
      copyTo(join(life.root, path), join(fresh.root, path));
    }
    await fresh.must(['render']);
    const { root } = life;
    assert.is(
      life.good()?.replaceAll(root, ''),
      textIn(fresh.rules).replaceAll(fresh.root, ''),
      'what is in force is of the files that it should be of',
    );
  } finally {
    rmSync(fresh.root, { recursive: true, force: true });
  }
}

async function verifies(life: Life): Promise<void> {
  if (life.dirty || life.drifted) return;
  const gone = (life.good()?.match(/ dev vnet\d/g) ?? []).some((dev) => !isDevice(dev.slice(5)));
  assert.equal(driftIn(await life.do(['verify', '--json'])), []);
  if (gone) return;
  if (life.rendering() === undefined || life.rendering() !== life.good()) return;
  const kernel = kernelState();
  const plan = await life.do(['plan']);
  assert.is(plan.status, 0, `plan: ${plan.stdout}`);
  const { loads } = life.history();
  const error = life.history().last.error;
  assert.match((await life.must(['load'])).stderr, 'nothing to do');
  assert.is(kernelState(), kernel);
  assert.is(life.history().loads, loads + (error === undefined ? 0 : 1));
  life.inForce = life.rendered;
}

/** The kernel is that of a first load of the same. */
export async function asOnTheFirstDay(life: Life): Promise<void> {
  life.edit({ ...life.settings, broken: false });
  await life.must(['sync']);
  const now = kernelState();
  await life.must(['unload']);
  othersAreThere(life);
  for (const what of ['table bridge virt-shaper', 'table inet virt-shaper', ' ifb-', 'class htb']) {
    assert.not.match(kernelState(), what, `unload leaves ${what}`);
  }
  const taps = life.others.map(({ tap }) => tap);
  for (const [, device = ''] of sh('tc qdisc show').matchAll(/^qdisc clsact \S+ dev (\S+)/gm)) {
    assert.ok(taps.includes(device), `the clsact of ${device} is ours and stays`);
  }
  await life.must(['load']);
  assert.is(kernelState(), now);
  life.end();
}

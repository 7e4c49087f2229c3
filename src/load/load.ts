// rules.d -> kernel. Reads top to bottom as what happens: what is wanted, what there is, who is in the way,
// the transaction, and only then the new rules are the good ones.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { readIfThere, writeIfChanged } from '../files.ts';
import type { Rules } from '../render/render.ts';
import { difference, isEmpty, noTable } from './difference.ts';
import type { KernelState, State, TcObject } from './objects.ts';
import { parseRules } from './parse-rules.ts';
import { readState } from './read-state.ts';
import { type Places, transact } from './transaction.ts';

export const ruleFiles = ['ruleset.nft', 'shape.tc', 'devices.ip'] as const satisfies (keyof Rules)[];

export interface Loaded {
  changed: boolean;
  /** Objects whose tap is not there: of that guest only, all others are in force. */
  missing: TcObject[];
}

/**
 * Call it under the lock.
 * @throws ConfigError when a file of rules.d cannot be understood, Failure when the kernel refuses; both
 *   leave the kernel as it was
 */
export async function load(places: Places): Promise<Loaded> {
  const rules = readRules(places.rules);
  const wanted = parseRules(rules, places.rules);
  const before = await readState(places.listing);
  refuseForeign(before, wanted);
  const { present, missing } = withoutMissingTaps(before, wanted);
  const changed = !isEmpty(difference(before, present));
  const lost = await transact(before, present, places);
  keepGood(rules, places.rules);
  return { changed, missing: [...missing, ...lost.flatMap((step) => step.object ?? [])] };
}

/** Takes out everything of ours, whoever loaded it. Call it under the lock. @returns whether there was any */
export async function unload(places: Places): Promise<boolean> {
  const before = await readState(places.listing);
  const nothing: State = { devices: new Map(), objects: new Map(), ruleset: noTable };
  const changed = !isEmpty(difference(before, nothing));
  await transact(before, nothing, places);
  rmSync(places.listing, { force: true });
  rmSync(join(places.rules, 'good'), { recursive: true, force: true });
  return changed;
}

function readRules(folder: string): Rules {
  const text = (name: keyof Rules) => {
    const found = readIfThere(join(folder, name));
    if (found !== undefined) return found;
    throw new Failure(`${join(folder, name)} is not there`, 'virt-shaper render writes it');
  };
  return {
    'ruleset.nft': text('ruleset.nft'),
    'shape.tc': text('shape.tc'),
    'devices.ip': text('devices.ip'),
  };
}

function keepGood(rules: Rules, folder: string): void {
  for (const name of ruleFiles) writeIfChanged(join(folder, 'good', name), rules[name]);
}

/** What somebody else set is named and left alone: replacing it would be taking it out for good. */
function refuseForeign(kernel: KernelState, wanted: State): void {
  for (const { kind, device } of wanted.objects.values()) {
    if (kind !== 'root') continue;
    const foreign = kernel.foreignRoots.get(device);
    if (foreign) {
      throw new Failure(
        `${device} has a root qdisc that virt-shaper did not set: ${foreign}`,
        `if nobody needs it: tc qdisc del dev ${device} root`,
      );
    }
    if (!kernel.present.has(device) && !wanted.devices.has(device)) {
      throw new Failure(`the uplink ${device} is not there`, 'virt-shaper render leaves out what is gone');
    }
  }
  for (const name of wanted.devices.keys()) {
    if (kernel.present.has(name) && !kernel.devices.has(name)) {
      throw new Failure(
        `there is a device ${name} that virt-shaper did not make`,
        `if nobody needs it: ip link del dev ${name}`,
      );
    }
  }
}

/** A tap that is gone costs its own guest only. */
function withoutMissingTaps(kernel: KernelState, wanted: State): { present: State; missing: TcObject[] } {
  const missing = [...wanted.objects.values()].filter(
    ({ kind, device }) => (kind === 'filter' || kind === 'clsact') && !kernel.present.has(device),
  );
  if (missing.length === 0) return { present: wanted, missing };
  const objects = new Map(wanted.objects);
  for (const { key } of missing) objects.delete(key);
  return { present: { ...wanted, objects }, missing };
}

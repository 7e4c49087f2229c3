// Explains one guest: the entry that applies, its values with their origins, its lines in rules.d, and its state in the kernel.

import type { Guest } from '../../guests/guest.ts';
import type { GuestRow } from '../../observe/guests.ts';
import type { LimitInUse } from '../../observe/limits.ts';
import { type AllowancesInUse, allowancesFor } from '../../observe/volumes.ts';
import type { Inputs, Outputs } from '../../pipeline.ts';
import { assignIds } from '../../plan/ids.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { markOf } from '../../plan/names.ts';
import { type Unshaped, type UplinkPolicy, wished } from '../../policy/policy.ts';
import { prospectOf } from '../../policy/prospect.ts';
import type { Rules } from '../../render/render.ts';
import type { Source } from '../../system/errors.ts';
import { label } from '../../text/label.ts';
import { nearest } from '../../units/nearest.ts';
import type { ExplainedNic, Explanation } from './explanation.ts';
import { heldFor, type KernelNow } from './kernel.ts';
import { explainMatch } from './match.ts';
import { type Handles, linesAbout, type RuleLine } from './rules.ts';
import { type ExplainedUplink, explainUplink } from './values.ts';

export interface Looked {
  /** The rules in force; where nothing is, those that were rendered last; absent if none were. */
  rules: { folder: string; rules?: Rules } & Pick<Explanation['rules'], 'loaded'>;
  kernel: KernelNow | string;
  /** Its rows of `status`; absent where the kernel could not be read. */
  rows?: GuestRow[];
  limits?: LimitInUse[];
  allowances?: AllowancesInUse;
}

export function explain(
  name: string,
  inputs: Inputs,
  outputs: Pick<Outputs, 'policy' | 'rules'>,
  looked: Looked,
): Explanation {
  const { config, guests, host, moment, chosen } = inputs;
  const { policy, rules } = outputs;
  const guest = guests.find((one) => one.name === name);
  const asked = guest ? policy : prospectOf(config, host, moment, name, policy.uplinks);
  const mine = asked.uplinks.filter((uplink) => uplink.guests.some((one) => one.name === name));
  const shaped = policy.uplinks.flatMap((uplink) => uplink.guests.map((one) => one.name));
  const { ids } = assignIds(config, mine.length > 0 ? [...shaped, name] : shaped, chosen);
  const plan = makePlan({ ...asked, uplinks: mine }, ids, config, host.kernel);
  const id = ids.guests.get(name);
  const uplinks = mine.flatMap((uplink, index) => {
    const [own, planned] = [uplink.guests.find((one) => one.name === name), plan.uplinks[index]];
    return own && planned && id !== undefined ? [explainUplink(uplink, planned, own, id)] : [];
  });
  const about = policy.unshaped.filter((one) => one.guest === name);
  const nics = nicsOf(guest, mine, about);
  const own = (looked.rows ?? []).filter((row) => row.guest === name);
  const shaping = own.every(({ state }) => state === 'gone') ? [] : own;
  const match = explainMatch(config, name);
  const known = match.entry && (guest || !match.entry.pattern);
  const meant = known ? undefined : nameLike(name, inputs);
  const handles = id === undefined ? undefined : { id, taps: nics.map(({ nic }) => nic) };
  const ways = new Set([0, ...uplinks.flatMap(({ taps }) => taps.map(({ way }) => way))]);
  return {
    guest: name,
    state: shaping.length > 0 ? worstOf(shaping) : stateOf(guest, nics, about, looked.rows !== undefined),
    shaping,
    limits: (looked.limits ?? []).filter((one) => one.guest === name),
    allowances: allowancesFor(looked.allowances, [name], groupsOf(name, mine)),
    reasons: about.filter(({ tap }) => tap === undefined).map(reasonOf),
    match,
    ...(meant === undefined ? {} : { meant }),
    ...(guest?.metadata
      ? { metadata: { accepted: config.defaults.metadata !== false, ...guest.metadata } }
      : {}),
    ...(id === undefined ? {} : { id: { value: id, ...idOrigin(inputs, name) } }),
    ...(id === undefined ? {} : { marks: [...ways].sort().map((way) => markOf(config.markBase, id, way)) }),
    nics,
    uplinks,
    warnings: warningsAbout(name, uplinks, policy.warnings),
    rules: explainRules(handles, rules, looked.rules),
    kernel: explainKernel(name, handles, guest ? uplinks : [], looked.kernel),
  };
}

function groupsOf(name: string, uplinks: UplinkPolicy[]): string[] {
  return uplinks.flatMap(({ guests }) => guests.find((one) => one.name === name)?.group ?? []);
}

function nicsOf(guest: Guest | undefined, uplinks: UplinkPolicy[], about: Unshaped[]): ExplainedNic[] {
  const skipped = (guest?.skipped ?? []).map(({ nic }) => ({ tap: nic }));
  const nics: Partial<Guest['nics'][number]>[] = [...(guest?.nics ?? []), ...skipped];
  return nics.map(({ tap = '', bridge, mac }) => {
    const behind = uplinks.flatMap((uplink) => {
      const taps = uplink.guests.find(({ name }) => name === guest?.name)?.taps ?? [];
      return taps.filter(({ name }) => name === tap).map((one) => ({ ...one, uplink: uplink.name }));
    });
    // The bridge by the kernel: a tap may have been moved since the guest started.
    const where = behind[0]?.bridge ?? bridge;
    return {
      nic: tap,
      ...(where ? { bridge: where } : {}),
      ...(mac ? { mac } : {}),
      uplinks: behind.map(({ uplink }) => uplink),
      reasons: about.filter((one) => one.tap === tap).map(reasonOf),
    };
  });
}

function nameLike(name: string, { config, guests }: Inputs): string | undefined {
  const entries = config.guests.filter(({ pattern }) => !pattern);
  return nearest(
    name,
    [...entries, ...guests].flatMap((one) => (one.name === name ? [] : one.name)),
  );
}

const reasonOf = ({ kind, reason }: Unshaped) => ({ kind, reason });

/** The state by the policy. @param isSeen whether the kernel could be read */
function stateOf(
  guest: Guest | undefined,
  nics: ExplainedNic[],
  about: Unshaped[],
  isSeen: boolean,
): Explanation['state'] {
  if (!guest) return 'stopped';
  if (nics.every(({ uplinks }) => uplinks.length === 0)) {
    return about.length > 0 && about.every(({ kind }) => wished.includes(kind)) ? 'left out' : 'unshaped';
  }
  if (!isSeen) return 'unknown';
  const wrong = ['unable', 'unreachable'];
  const lacking = nics.filter(({ reasons }) => reasons.some(({ kind }) => wrong.includes(kind)));
  return lacking.length > 0 ? 'partly' : 'shaped';
}

/** The state of all of its rows together. */
function worstOf(rows: GuestRow[]): Explanation['state'] {
  const wanted = rows.filter(({ state }) => state !== 'left out');
  if (wanted.length === 0) return 'left out';
  if (wanted.every(({ state }) => state === 'unshaped')) return 'unshaped';
  return wanted.every(({ state }) => state === 'shaped') ? 'shaped' : 'partly';
}

function idOrigin({ config }: Inputs, name: string): { from: 'entry' | 'drawn'; at?: Source } {
  const written = config.guests.find((entry) => !entry.pattern && entry.name === name)?.id;
  return written ? { from: 'entry', ...(written.at ? { at: written.at } : {}) } : { from: 'drawn' };
}

function warningsAbout(name: string, uplinks: ExplainedUplink[], warnings: string[]): string[] {
  const own = [
    `guest ${label(name)}: its metadata`,
    ...uplinks.map(({ name: uplink }) => `the speed of ${uplink}:`),
  ];
  return warnings.filter((warning) => own.some((words) => warning.includes(words)));
}

function explainRules(
  handles: Handles | undefined,
  now: Rules,
  { folder, rules, loaded }: Looked['rules'],
): Explanation['rules'] {
  if (!rules) return { folder, lines: [], rendered: 'missing' };
  const lines = handles ? linesAbout(rules, handles) : [];
  const would = handles ? linesAbout(now, handles) : [];
  const text = (list: RuleLine[]) => list.map((line) => line.text).join('\n');
  const same = text(lines) === text(would);
  const all = rules['ruleset.nft'] === now['ruleset.nft'] && rules['shape.tc'] === now['shape.tc'];
  const rendered = same ? (all ? 'same' : 'others') : 'differ';
  return { folder, lines, rendered, ...(loaded ? { loaded } : {}) };
}

function explainKernel(
  name: string,
  handles: Handles | undefined,
  uplinks: ExplainedUplink[],
  kernel: Looked['kernel'],
): Explanation['kernel'] {
  if (typeof kernel === 'string') return kernel;
  const devices = uplinks.flatMap((uplink) => [uplink.out.device, uplink.in.device]);
  // Without an id it has never been shaped, so no object in the kernel is its own.
  const nothing = { id: -1, taps: [] };
  return heldFor(kernel, handles ?? nothing, `guest ${label(name)}`, devices);
}

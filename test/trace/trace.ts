// Walks one frame through the text of rules.d: the bridge's forward hook, the filter at the device it leaves
// by, the HTB tree it queues in. What the files mean, told without asking the code that wrote them.
import type { Rules } from '../../src/render/render.ts';
import { Ruleset } from './nft.ts';
import { type Devices, type Htb, type HtbClass, readShape } from './tc.ts';

export interface Frame {
  /** The port it comes in by; absent for what the host itself sends. */
  iif?: string;
  oif: string;
  /** What that port lies on, and so what the frame passes after it. */
  below?: string[];
}

export interface Traced {
  mark: number;
  priority?: string;
  /** Rules of nft it was held against. */
  rules: number;
  /** `direct`: it waits in no class of ours. The path goes from the leaf to the class below the root. */
  queue: 'direct' | { device: string; path: HtbClass[] };
}

export interface Network {
  ruleset: Ruleset;
  devices: Devices;
  /** The ifb devices. */
  ifbs: Set<string>;
}

/** @throws Error at whatever nft, tc or ip would not take, and at all that is not known here */
export function readNetwork(rules: Rules): Network {
  return {
    ruleset: new Ruleset(rules['ruleset.nft']),
    devices: readShape(rules['shape.tc']),
    ifbs: readIfbs(rules['devices.ip']),
  };
}

function readIfbs(text: string): Set<string> {
  const added: string[] = [];
  for (const line of text.split('\n').map((whole) => whole.replace(/#.*/s, '').trim())) {
    const add = /^link add name (\S{1,15}) up group 30323 txqueuelen 1000 type ifb$/.exec(line);
    const set = /^link set dev (\S+) alias \S+$/.exec(line);
    if (add?.[1]) added.push(add[1]);
    else if (line !== '' && !added.includes(set?.[1] ?? ''))
      throw new Error(`the tracer does not understand: ${line}`);
  }
  if (new Set(added).size !== added.length) throw new Error(`an ifb twice: ${added.join(' ')}`);
  return new Set(added);
}

export function trace({ ruleset, devices, ifbs }: Network, { iif, oif, below = [] }: Frame): Traced {
  const marking = iif === undefined ? { mark: 0, rules: 0 } : ruleset.forward(iif, oif);
  const filter = devices.get(oif)?.filters?.find(({ matches }) => matches(marking.mark));
  if (filter && !ifbs.has(filter.redirect)) throw new Error(`${filter.redirect} is no ifb that is up`);
  const passed = [filter?.redirect ?? oif, ...below];
  const device = passed.find((one) => devices.get(one)?.htb) ?? oif;
  const htb = devices.get(device)?.htb;
  const leaf = htb && classify(htb, marking.priority);
  return { ...marking, queue: leaf ? { device, path: pathOf(leaf) } : 'direct' };
}

/** htb_classify(): the leaf the priority names, else the default class, else none. */
function classify({ major, classes, default: minor }: Htb, priority?: string): HtbClass | undefined {
  return [priority, `${major}:${minor}`]
    .map((id) => classes.get(id ?? ''))
    .find((found) => found?.children.length === 0);
}

function pathOf(leaf: HtbClass): HtbClass[] {
  return [leaf, ...(leaf.parent ? pathOf(leaf.parent) : [])];
}

// Walks one frame through the text of rules.d: the bridge's forward hook, the filter at the device it leaves
// by, the HTB tree it queues in. What the files mean, told without asking the code that wrote them.
import type { Rules } from '../../src/render/render.ts';
import { type Limit, type Marking, Ruleset } from './nft.ts';
import { type Devices, type Htb, type HtbClass, readShape } from './tc.ts';

export interface Frame {
  /** The port it comes in by; absent for what the host itself sends. */
  iif?: string;
  oif: string;
  /** What that port lies on, and so what the frame passes after it. */
  below?: string[];
  /** The Ethernet address that it is sent to, and whether it asks for one. */
  daddr?: string;
  learned?: boolean;
  asks?: 'arp' | 'nd';
  /**
   * The ways into and out of the host, where it goes through it: by a port of a bridge, or by a device of the host's own.
   * Routing forgets the priority that it had.
   */
  host?: { in: 'port' | 'device'; out: 'port' | 'device'; bridge?: string };
}

export interface Traced {
  mark: number;
  priority?: string;
  /** Rules of nft it was held against. */
  rules: number;
  /** What it counts against on the way, where there is any. */
  limits?: Limit[];
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

export function trace({ ruleset, devices, ifbs }: Network, frame: Frame): Traced {
  const { oif, below = [] } = frame;
  const marking = mark(ruleset, frame);
  const filter = devices.get(oif)?.filters?.find(({ matches }) => matches(marking.mark));
  if (filter && !ifbs.has(filter.redirect)) throw new Error(`${filter.redirect} is no ifb that is up`);
  const passed = [filter?.redirect ?? oif, ...below];
  const device = passed.find((one) => devices.get(one)?.htb) ?? oif;
  const htb = devices.get(device)?.htb;
  const leaf = htb && classify(htb, marking.priority);
  return { ...marking, queue: leaf ? { device, path: pathOf(leaf) } : 'direct' };
}

function mark(ruleset: Ruleset, { iif, oif, host, ...frame }: Frame): Marking {
  if (iif === undefined) return { mark: 0, rules: 0 };
  if (!host) return ruleset.forward(iif, oif, frame);
  const entered =
    host.in === 'port'
      ? ruleset.pass('bridge', 'input', { iif })
      : ruleset.pass('inet', 'forward', { iif, oif: host.bridge ?? oif });
  const { mark } = entered;
  return host.out === 'port'
    ? ruleset.pass('bridge', 'output', { ...frame, oif, mark })
    : ruleset.pass('inet', 'postrouting', { oif, mark });
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

// shape.tc line by line, as tc and the kernel take it on a clean host: a parent must be there before its
// children (tc itself would silently make a root class), a class id and a handle are given once per device.
import { type Filter, readFilter } from './filter.ts';
import { Words } from './words.ts';

export interface HtbClass {
  id: string;
  /** The parent class; absent for a child of the root qdisc. */
  parent?: HtbClass;
  children: HtbClass[];
  /** Bits per second. */
  rate: number;
  ceil: number;
  /** Bytes. */
  burst: number;
  cburst: number;
  mpu: number;
  overhead: number;
  quantum: number;
  /** Handle of the qdisc in it. */
  leaf?: string;
}

export interface Htb {
  major: string;
  /** Minor of the class for what no other class is for. */
  default: string;
  classes: Map<string, HtbClass>;
}

export interface Device {
  htb?: Htb;
  /** Egress filters of its clsact. */
  filters?: Filter[];
  handles: Set<string>;
}

export type Devices = Map<string, Device>;

export function readShape(text: string): Devices {
  const devices: Devices = new Map();
  for (const line of text.split('\n')) {
    const words = new Words(line.replace(/#.*/s, '').match(/'[^']*'|\S+/g) ?? []);
    if (words.done) continue;
    const kind = words.match(/qdisc|class|filter/);
    words.expect('add', 'dev');
    const name = words.match(/[^\s'"*/]{1,15}/);
    const device = devices.get(name) ?? { handles: new Set<string>() };
    devices.set(name, device);
    if (kind === 'qdisc') addQdisc(device, words);
    else if (kind === 'class') addClass(device, words);
    else addFilter(device, words);
    if (!words.done) throw words.unknown();
  }
  return devices;
}

function addQdisc(device: Device, words: Words): void {
  if (words.skip('clsact')) {
    if (device.filters) throw words.unknown('the device has a clsact');
    device.filters = [];
    addHandle(device, 'ffff', words);
  } else if (words.skip('root', 'handle')) {
    const major = words.match(/[0-9a-f]{1,4}:/).slice(0, -1);
    if (device.htb) throw words.unknown('the device has a root');
    addHandle(device, major, words);
    words.expect('htb', 'default');
    device.htb = { major, default: words.match(/[0-9a-f]{1,4}/), classes: new Map() };
    if (words.skip('r2q')) words.match(/\d+/);
  } else {
    words.expect('parent');
    const parent = device.htb?.classes.get(words.take());
    if (!parent || parent.leaf || parent.children.length > 0) throw words.unknown('no class for a qdisc');
    words.expect('handle');
    parent.leaf = words.match(/[0-9a-f]{1,4}:/).slice(0, -1);
    addHandle(device, parent.leaf, words);
    readLeaf(words);
  }
}

/** Every kind with all that it can be told, in this order. */
function readLeaf(words: Words): void {
  const number = (...names: string[]) => {
    for (const name of names) {
      words.expect(name);
      words.match(/\d+(us)?/);
    }
  };
  if (words.skip('bfifo')) number('limit');
  else if (words.skip('sfq')) number('limit', 'flows', 'depth', 'quantum', 'perturb');
  else if (words.skip('cake', 'unlimited')) {
    words.match(/besteffort|diffserv[348]/);
    words.match(/flows|hosts|(dual-)?(src|dst)host|triple-isolate|flowblind/);
    words.match(/(no)?nat/);
    words.expect('nowash');
    words.match(/(no-)?ack-filter/);
    words.match(/(no-)?split-gso/);
    number('rtt', 'memlimit');
  } else {
    words.expect('fq_codel');
    number('limit', 'flows', 'quantum', 'target', 'interval', 'memory_limit');
    words.match(/(no)?ecn/);
  }
}

function addHandle(device: Device, handle: string, words: Words): void {
  if (device.handles.has(handle)) throw words.unknown(`the device has a qdisc ${handle}:`);
  device.handles.add(handle);
}

function addClass({ htb }: Device, words: Words): void {
  words.expect('parent');
  const above = words.match(/[0-9a-f]{1,4}:[0-9a-f]{0,4}/);
  words.expect('classid');
  const id = words.match(/[0-9a-f]{1,4}:[0-9a-f]{1,4}/);
  const parent = htb?.classes.get(above);
  if (!htb || (!parent && above !== `${htb.major}:`)) throw words.unknown(`there is no ${above}`);
  if (htb.classes.has(id) || id.split(':')[0] !== htb.major) throw words.unknown(`${id} cannot be added`);
  if (parent?.leaf) throw words.unknown(`${above} has a qdisc already`);
  words.expect('htb');
  const after = <T>(word: string, read: () => T): T => {
    words.expect(word);
    return read();
  };
  const bytes = () => Number(words.match(/[1-9]\d*/));
  const added: HtbClass = {
    id,
    children: [],
    rate: after('rate', () => readRate(words)),
    ceil: after('ceil', () => readRate(words)),
    burst: after('burst', bytes),
    cburst: after('cburst', bytes),
    quantum: after('quantum', bytes),
    mpu: after('mpu', bytes),
    overhead: words.skip('overhead') ? bytes() : 0,
  };
  if (parent) added.parent = parent;
  parent?.children.push(added);
  htb.classes.set(id, added);
}

function addFilter({ filters }: Device, words: Words): void {
  words.expect('egress', 'protocol', 'all');
  if (!filters) throw words.unknown('the device has no clsact');
  filters.push(readFilter(words));
  filters.sort((a, b) => a.preference - b.preference);
}

const units = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9, tbit: 1e12 };

function readRate(words: Words): number {
  const [, number, unit] = /^([\d.]+)(\w+)$/.exec(words.match(/\d+(\.\d+)?[kmgt]?bit/)) ?? [];
  return Math.round(Number(number) * units[unit as keyof typeof units]);
}

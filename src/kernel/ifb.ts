// The ifbs on which what guests receive queues: as lines of devices.ip, and as the kernel holds them. Ours are those of our
// group, or with our alias where somebody has given one another group.
import { readdirSync, readFileSync } from 'node:fs';
import { aliasPrefix, signature } from '../plan/names.ts';
import type { IfbDevice } from './objects.ts';
import { aliasText, splitAlias } from './owner.ts';

const sysfs = '/sys/class/net';

/** Of ip -batch. One line makes it ours, up and ready, so that a killed load leaves none that nobody knows. */
export function ifbLines(ifb: Pick<IfbDevice, 'name' | 'alias' | 'owner' | 'txqueuelen'>): string[] {
  const { name, alias, txqueuelen = 1000 } = ifb;
  const made = `link add name ${name} up group ${signature} txqueuelen ${txqueuelen} type ifb`;
  return alias === '' ? [made] : [made, `link set dev ${name} alias ${aliasText(ifb)}`];
}

/** The line that gives one of ours back what somebody has taken from it. */
export function ifbBack(ifb: Pick<IfbDevice, 'name' | 'alias' | 'owner'>): string {
  return `link set dev ${ifb.name} up group ${signature} alias ${aliasText(ifb)}`;
}

const added = new RegExp(`^link add name (\\S+) up group ${signature} txqueuelen (\\d+) type ifb$`);

/** Adds what a line makes. @returns whether it is one of ours */
export function parseIfbLine(code: string, devices: Map<string, IfbDevice>): boolean {
  const [, name, length] = code.match(added) ?? [];
  const [, known = '', alias] = code.match(/^link set dev (\S+) alias (\S+)$/) ?? [];
  const device = devices.get(known);
  if (name) devices.set(name, { name, alias: '', up: true, txqueuelen: Number(length) });
  else if (device && alias) devices.set(known, { ...device, alias });
  return name !== undefined || (device !== undefined && alias !== undefined);
}

export function readIfbs(): IfbDevice[] {
  return readdirSync(sysfs).flatMap((name) => (name.startsWith('ifb') ? (readIfb(name) ?? []) : []));
}

/** @returns nothing for one that is not ours, or that vanishes while it is read */
function readIfb(name: string): IfbDevice | undefined {
  const read = (file: string) => readFileSync(`${sysfs}/${name}/${file}`, 'utf8').trim();
  try {
    const text = read('ifalias');
    const isMarked = Number(read('netdev_group')) === signature;
    if (!isMarked && !text.startsWith(aliasPrefix)) return undefined;
    const up = (Number(read('flags')) & 1) === 1;
    return { name, ...splitAlias(text), up, ...(isMarked ? {} : { strayed: true }) };
  } catch {
    return undefined;
  }
}

// The ifb devices whose trees queue what guests receive: as lines of devices.ip, and as read from the kernel. An ifb is ours
// when it is in our group or, where somebody has moved it to another group, when it has our alias.
import { readdirSync, readFileSync } from 'node:fs';
import { aliasPrefix, signature } from '../plan/names.ts';
import type { IfbDevice } from './objects.ts';
import { aliasText, splitAlias } from './owner.ts';

const sysfs = '/sys/class/net';

/** Lines for ip -batch. The first makes the ifb in our group, so that a killed load leaves none that is not recognized. */
export function ifbLines(ifb: Pick<IfbDevice, 'name' | 'alias' | 'owner' | 'txqueuelen'>): string[] {
  const { name, alias, txqueuelen = 1000 } = ifb;
  const made = `link add name ${name} up group ${signature} txqueuelen ${txqueuelen} type ifb`;
  return alias === '' ? [made] : [made, `link set dev ${name} alias ${aliasText(ifb)}`];
}

/** The line that restores the group, the alias and the state of an ifb that somebody has changed. */
export function ifbBack(ifb: Pick<IfbDevice, 'name' | 'alias' | 'owner'>): string {
  return `link set dev ${ifb.name} up group ${signature} alias ${aliasText(ifb)}`;
}

const added = new RegExp(`^link add name (\\S+) up group ${signature} txqueuelen (\\d+) type ifb$`);

/** Adds the ifb of a line of devices.ip. @returns whether the line is one that virt-shaper writes */
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

/** @returns undefined for an ifb that is not ours, or that vanishes while it is read */
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

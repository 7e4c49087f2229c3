// Which guests can spoof source addresses: those without a filter of libvirt's (nwfilter) that pins MAC and IP address of a NIC.
import type { Guest } from './guest.ts';

/** libvirt's own filters that pin less than both; a custom filter is assumed to pin both. */
const weak = /^(?:allow-|no-|qemu-)/;

export function mayForge({ nics }: Pick<Guest, 'nics'>): boolean {
  return nics.some(({ filter }) => filter === undefined || weak.test(filter));
}

/** The number of names shown; further ones are counted. */
const each = 6;

/** @param names ready to be shown */
export function forgersText(names: string[]): string {
  const more = names.length > each ? ` and ${names.length - each} more` : '';
  return `may forge addresses, and send neighbours what they like, as any guest without local or clean-traffic: ${names.slice(0, each).join(', ')}${more}`;
}

export const againstForgers =
  'against it: local = "100mbit", for example, in virt-shaper.toml(5), or <filterref filter=\'clean-traffic\'/> in their XML';

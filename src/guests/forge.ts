// Who may send with addresses that are not his: libvirt's nwfilter pins a NIC's Ethernet and IP address, if it is one that does.
import type { Guest } from './guest.ts';

/** Filters of libvirt's own that pin less than both; others' are taken for good. */
const weak = /^(?:allow-|no-|qemu-)/;

export function mayForge({ nics }: Pick<Guest, 'nics'>): boolean {
  return nics.some(({ filter }) => filter === undefined || weak.test(filter));
}

/** More are counted only. */
const each = 6;

/** @param names shown as they are */
export function forgersText(names: string[]): string {
  const more = names.length > each ? ` and ${names.length - each} more` : '';
  return `may forge addresses, and send neighbours what they like, as any guest without local or clean-traffic: ${names.slice(0, each).join(', ')}${more}`;
}

export const againstForgers =
  'against it: local = "100mbit", for example, in virt-shaper.toml(5), or <filterref filter=\'clean-traffic\'/> in their XML';

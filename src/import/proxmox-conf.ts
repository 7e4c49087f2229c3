// Guests' configurations of Proxmox VE (/etc/pve/qemu-server/VMID.conf): the `rate=` of their NICs as ceils. Proxmox
// counts in megabytes of 1,048,576 bytes per second (PVE::Network, tap_rate_limit) and limits both directions.
import { SourceFile } from '../toml/source-file.ts';
import { takeName } from './guest-names.ts';
import { type LimitedNic, settleLimits } from './nic-limits.ts';
import { Notes, quotation } from './notes.ts';
import type { ImportResult } from './old-limits.ts';

const megabyte = 1024 * 1024;

interface Line {
  key: string;
  value: string;
  offset: number;
  line: number;
}

/** @param taken the names of guests in other files; that of this file is added */
export function importProxmox(text: string, file: string, taken: Set<string>): ImportResult {
  const source = new SourceFile(file, text.replace(/^\uFEFF/, '').replace(/\r(\n|$)/g, '$1'));
  const notes = new Notes(source);
  const lines = readLines(source, notes);
  const nics = lines.flatMap((line) => (/^net\d+$/.test(line.key) ? (readNic(line, notes) ?? []) : []));
  if (!nics.some(({ ceil }) => ceil.out !== undefined)) return { guests: [], problems: notes.inOrder() };
  const named = nameOf(lines, nics[0], file, notes);
  const guests = [];
  if (named && takeName(named.name, named.offset, taken, notes)) {
    const from = `${file}, line ${named.line}`;
    const settled = settleLimits({ ...named, from, nics }, notes);
    if (settled) guests.push({ ...settled, notes: [...ratesAsWritten(lines), ...notes.since(0)] });
  }
  return { guests, problems: notes.inOrder() };
}

/** A comment with the rate in Proxmox VE's unit, megabytes of 1,048,576 bytes per second, which few can convert by heart. */
function ratesAsWritten(lines: Line[]): string[] {
  return lines.flatMap(({ key, value }) => {
    const [rate] = value.match(/(?<=^|,)rate=[\d.]+/) ?? [];
    return rate && /^net\d+$/.test(key) ? `${key}: ${rate}` : [];
  });
}

/** The lines of the running configuration: those before the first [section]; sections are snapshots and pending changes. */
function readLines(source: SourceFile, notes: Notes): Line[] {
  const lines: Line[] = [];
  const known = new Set<string>();
  let offset = 0;
  let section = '';
  for (const [index, text] of source.text.split('\n').entries()) {
    section = text.match(/^\[([^\]]*)\]\s*$/)?.[1] ?? section;
    const [, key, value = ''] = text.match(/^([a-z][\w-]*):(.*)$/) ?? [];
    if (key && section === '') {
      if (known.has(key)) {
        notes.error(
          offset,
          `${key} is set again: not taken over`,
          'import the files of several guests one by one',
        );
      } else lines.push({ key, value: value.trim(), offset, line: index + 1 });
      known.add(key);
    } else if (key && /^pending$/i.test(section) && /^net\d+$/.test(key)) {
      notes.warning(offset, `a change of ${key} that waits for the guest's next start is not looked at`);
    }
    offset += text.length + 1;
  }
  return lines;
}

function nameOf(lines: Line[], nic: LimitedNic | undefined, file: string, notes: Notes) {
  const line = lines.find(({ key }) => key === 'name');
  if (line) return { name: line.value, offset: line.offset, line: line.line };
  const id = file.match(/(?:^|\/)(\d+)\.conf$/)?.[1];
  const offset = nic?.offset ?? 0;
  if (id === undefined) {
    notes.error(offset, 'the guest has no name: not taken over', 'the line "name: GUEST" gives it one');
    return undefined;
  }
  notes.warning(
    offset,
    `the guest has no name: it is called ${id}, after the file`,
    'call it as libvirt does',
  );
  return { name: id, offset, line: lines.find((one) => one.offset === offset)?.line ?? 1 };
}

/** Parses `virtio=BC:24:11:00:00:01,bridge=vmbr0,rate=12.5`. @returns nothing for a NIC without a bridge */
function readNic({ key, value, offset }: Line, notes: Notes): LimitedNic | undefined {
  const options = new Map(
    value.split(',').map((pair): [string, string] => {
      const [name = '', ...rest] = pair.split('=');
      return [name.trim(), rest.join('=').trim()];
    }),
  );
  const rate = options.get('rate');
  const bridge = options.get('bridge');
  if (!bridge) {
    if (rate !== undefined) notes.error(offset, `${key} is on no bridge: its rate is not taken over`);
    return undefined;
  }
  const nic: LimitedNic = { name: key, offset, bridge, ceil: {}, rate: {} };
  if (rate === undefined) return nic;
  const bits = /^(?:\d+\.?\d*|\.\d+)$/.test(rate) ? Math.floor(Number(rate) * megabyte) * 8 : Number.NaN;
  if (bits > 0 && bits <= Number.MAX_SAFE_INTEGER) nic.ceil = { out: bits, in: bits };
  else if (bits === 0)
    notes.warning(offset, `${key}: rate=${quotation(rate)} is taken for no limit, as Proxmox does`);
  else
    notes.error(
      offset,
      `${key}: rate=${quotation(rate)} is not taken over`,
      'Proxmox counts megabytes per second',
    );
  return nic;
}

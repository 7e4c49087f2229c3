// Files of other shapers -> one configuration. The format is detected from the first lines, unless --from names it.
import { ConfigError, type Problem } from '../system/errors.ts';
import { importBandwidthConf } from './bandwidth-conf.ts';
import { importDomains } from './libvirt-xml.ts';
import type { ImportResult } from './old-limits.ts';
import { importProxmox } from './proxmox-conf.ts';
import { type ImportedGuest, toToml } from './to-toml.ts';

export const formats = ['bandwidth.conf', 'libvirt', 'proxmox'] as const;
export type Format = (typeof formats)[number];

export interface InputFile {
  /** The file's name in messages. */
  name: string;
  text: string;
}

/** Comments at the top of the TOML: how its limits differ from those they were made from. */
const notes: Record<'libvirt' | 'proxmox', string[]> = {
  libvirt: [
    'libvirt limits all that a NIC sends and receives; virt-shaper what crosses the uplink, for all NICs of a guest.',
    'Take <bandwidth> out of the XML of a guest that virt-shaper shapes: of two limits the lower one holds, and',
    'its outbound part keeps virt-shaper from shaping what the guest receives.',
  ],
  proxmox: [
    'Proxmox limits all that a NIC sends and receives; virt-shaper what crosses the uplink, for all NICs of a guest.',
    'Its megabytes are of 1,048,576 bytes: rate=1 is 8388.608kbit.',
  ],
};
const shared = [
  'A ceil is the limit as it was. A guarantee is that of [defaults] where none is written: set rate for each',
  'guest, or one for all there. A direction that had no limit has the ceil of [defaults], 1gbit as built in.',
];

/**
 * The TOML always passes the configuration check. Errors among the problems are limits that could not be converted, warnings
 * those that were converted with a change or an assumption.
 * @throws ConfigError when the files are of different formats, Failure when one cannot be parsed as its format
 */
export function importFiles(files: InputFile[], from?: Format): { toml: string; problems: Problem[] } {
  const format = from ?? oneFormat(files);
  const [first] = files;
  if (format === 'bandwidth.conf') {
    if (!first || files.length > 1) throw wrong('one bandwidth.conf at a time');
    if (!from && isNonsense(first.text)) {
      throw wrong(
        `${first.name} is none of: the old hook's bandwidth.conf, libvirt's domain XML, a guest's file of Proxmox VE`,
      );
    }
    return importBandwidthConf(first.text, first.name);
  }
  const read = { libvirt: importDomains, proxmox: importProxmox }[format];
  const taken = new Set<string>();
  const imported: ImportResult[] = files.map(({ name, text }) => read(text, name, taken));
  const guests = imported.flatMap((one) => one.guests);
  const problems = imported.flatMap((one) => one.problems);
  const none = guests.length === 0 ? ['No NIC has a limit that could be taken over.'] : [];
  const toml = toToml({
    source: `From ${files.map(({ name }) => name).join(', ')}, by virt-shaper import.`,
    notes: [...notes[format], ...shared, ...none, ...lost(problems, guests)],
    uplinks: [],
    groups: [],
    guests,
  });
  return { toml, problems };
}

/** Whether a bandwidth.conf has lines other than comments, and none of them is an assignment. */
function isNonsense(text: string): boolean {
  // Line by line: on half a million blanks a regular expression over the whole text would be quadratic.
  const lines = text.split('\n').map((line) => (line.split('#', 1)[0] ?? '').trim());
  return lines.some((line) => line !== '') && !lines.some((line) => /\w\+?=/.test(line));
}

/** Remarks that hold for the whole file, not for one entry. */
function lost(problems: Problem[], guests: ImportedGuest[]): string[] {
  const said = new Set(guests.flatMap((guest) => guest.notes ?? []));
  return problems.flatMap(({ severity, at, message }) => {
    if (severity !== 'error' || said.has(`line ${at?.line}: ${message}`)) return [];
    return at ? `${at.file}, line ${at.line}: ${message}` : message;
  });
}

/** XML begins with `<`, a file of Proxmox VE with `key: value` after its comments. */
export function formatOf(text: string): Format {
  const begin =
    text
      .replace(/^\uFEFF/, '')
      .match(/^(?![^\S\n]*(?:#|$)).*$/m)?.[0]
      ?.trim() ?? '';
  if (begin.startsWith('<')) return 'libvirt';
  return /^(?:[a-z][a-z0-9_-]*: ?\S|\[[\w:-]+\]$)/.test(begin) ? 'proxmox' : 'bandwidth.conf';
}

function oneFormat(files: InputFile[]): Format {
  const found = files.map(({ name, text }) => ({ name, format: formatOf(text) }));
  const [first] = found;
  const other = found.find(({ format }) => format !== first?.format);
  if (!first || !other) return first?.format ?? 'bandwidth.conf';
  const are = `${first.name} is ${called(first.format)}, ${other.name} is ${called(other.format)}`;
  throw wrong(`${are}: import them one after the other`);
}

const called = (format: Format) =>
  ({ libvirt: "libvirt's", proxmox: "Proxmox VE's", 'bandwidth.conf': 'a bandwidth.conf' })[format];

function wrong(message: string): ConfigError {
  return new ConfigError([{ severity: 'error', message: `import: ${message}` }]);
}

// Reads the network devices from `ip -o link show`: one process for all devices, where /sys takes a file for each.
import { Failure } from '../system/errors.ts';
import type { Run } from '../system/exec.ts';

export interface NetworkLink {
  name: string;
  up: boolean;
  /** Its XDP programs: the mode (`xdp`, `xdpgeneric`) and the program's id. */
  xdp: { where: string; id: string }[];
}

/** @param names of all devices @throws Failure when ip does not answer */
export async function readLinks(run: Run, names: ReadonlySet<string>): Promise<NetworkLink[]> {
  const { status, stdout, stderr } = await run('ip', ['-o', 'link', 'show']);
  if (status !== 0) throw new Failure(`ip cannot list the devices: ${stderr.trim()}`);
  return parseLinks(stdout, names);
}

/** `2: vnet0@if3: <BROADCAST,UP,LOWER_UP> mtu 1500 ...`, a line each; no device's name has a colon or a blank. */
export function parseLinks(text: string, names: ReadonlySet<string>): NetworkLink[] {
  const links: NetworkLink[] = [];
  for (let at = 0, end = 0; at < text.length; at = end + 1) {
    end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    const [begin, colon] = [text.indexOf(': ', at) + 2, text.indexOf(': <', at)];
    const close = text.indexOf('>', colon);
    if (colon < begin || close < 0 || close > end) continue;
    const name = nameIn(text.slice(begin, colon), names);
    if (name === undefined) continue;
    const flags = `,${text.slice(colon + 3, close)},`;
    const rest = text.slice(close, end);
    links.push({
      name,
      up: flags.includes(',UP,'),
      // With thousands of lines, a search for the word is much faster than the regular expression.
      xdp: rest.includes('prog/xdp') ? programsIn(rest) : [],
    });
  }
  return links;
}

/** The name may be followed by the lower device or the peer: `eth0.5@eth0`, `vnet0@if3`. A name itself may contain an @. */
function nameIn(word: string, names: ReadonlySet<string>): string | undefined {
  for (let end = word.length; end > 0; end = word.lastIndexOf('@', end - 1)) {
    const name = word.slice(0, end);
    if (names.has(name)) return name;
  }
  return undefined; // The device was made just now.
}

function programsIn(line: string): NetworkLink['xdp'] {
  const [, where, id] = line.match(/ (xdp\w*) .*\bprog\/xdp id (\d+)/) ?? [];
  return where && id ? [{ where, id }] : [];
}

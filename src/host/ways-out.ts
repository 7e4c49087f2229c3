// By which devices the host sends on to the world what comes in by a bridge. The kernel itself is asked, so whatever
// decides there (metrics, tables, rules, a VPN's two halves of a default route) has decided: one call of ip for each
// family, however many guests there are, and a second one only where rules tell guests apart.
import { networkInterfaces } from 'node:os';
import type { Run } from '../system/exec.ts';
import { readIfThere } from '../system/files.ts';
import { type AddressFamily, families, neighbourOf } from './families.ts';

/** Who sends, as far as a rule of the host's may tell him from others of his bridge. */
export interface Sender {
  /** Tells the answers apart. */
  name: string;
  bridge: string;
  mac?: string;
  /** Of its frames where they are routed. */
  mark?: number;
}

export interface WayOut {
  family: AddressFamily['name'];
  /** Several where the route has several next hops. */
  devices: string[];
}

/** Where the host itself is looked at: its addresses, its settings, its neighbours. */
export interface HostReads {
  interfaces: typeof networkInterfaces;
  /** @returns undefined where there is no such file */
  file: (path: string) => string | undefined;
}

const thisHost: HostReads = { interfaces: networkInterfaces, file: readIfThere };

/** @returns by name; nothing of a sender whose frames lead nowhere, or of whom no address is known that he may send from */
export async function readWaysOut(
  run: Run,
  senders: Sender[],
  { interfaces, file }: HostReads = thisHost,
): Promise<Map<string, WayOut[]>> {
  const found = new Map<string, WayOut[]>(senders.map(({ name }) => [name, []]));
  if (senders.length === 0) return found;
  const addresses = interfaces();
  const parts = families.map(async (family) => {
    if (!isOn(file(`/proc/sys/net/${family.forwarding}`))) return;
    const neighbours = family.neighbours && file(family.neighbours);
    const sources = sourcesOf(family, senders, addresses, neighbours);
    for (const [name, devices] of await readFamily(run, family, senders, sources))
      found.get(name)?.push({ family: family.name, devices });
  });
  await Promise.all(parts);
  return found;
}

function isOn(setting = ''): boolean {
  return !['0', ''].includes(setting.trim());
}

/** By sender: an address of its own where the kernel knows one, else one of its bridge's network. */
function sourcesOf(
  { name, least }: AddressFamily,
  senders: Sender[],
  interfaces: ReturnType<typeof networkInterfaces>,
  neighbours = '',
): Map<Sender, string> {
  const lines = neighbours.split('\n').slice(1);
  const known = new Map(
    lines.flatMap((line): [string, string][] => {
      const [address = '', , , mac = '', , bridge = ''] = line.split(/\s+/);
      // One that has not answered has zeros.
      return /[1-9a-f]/.test(mac) ? [[`${bridge} ${mac}`, address]] : [];
    }),
  );
  const taken = new Set(known.values());
  const someKnown = (bridge: string) => [...known].find(([key]) => key.startsWith(`${bridge} `))?.[1];
  const other = (bridge: string) =>
    (interfaces[bridge] ?? [])
      .filter(({ family, address }) => family === name && !address.startsWith('fe80:'))
      .flatMap(({ address, cidr }) => {
        const length = Number(cidr?.split('/')[1]);
        return length <= least ? [neighbourOf(address, length, taken)] : [];
      })[0];
  const others = new Map(
    [...new Set(senders.map(({ bridge }) => bridge))].map((bridge) => [
      bridge,
      other(bridge) ?? someKnown(bridge),
    ]),
  );
  return new Map(
    senders.flatMap((sender) => {
      const own = sender.mac && known.get(`${sender.bridge} ${sender.mac.toLowerCase()}`);
      const source = own || others.get(sender.bridge);
      return source ? [[sender, source] as const] : [];
    }),
  );
}

async function readFamily(
  run: Run,
  { option, world }: AddressFamily,
  senders: Sender[],
  sources: Map<Sender, string>,
): Promise<Map<string, string[]>> {
  const askedFor = (some: Sender[]) =>
    some.map(({ bridge, mark }, at) => {
      const from = sources.get(some[at] as Sender);
      return `route get fibmatch ${world} from ${from} iif ${bridge}${mark === undefined ? '' : ` mark ${mark}`}`;
    });
  const asking = senders.filter((sender) => sources.has(sender));
  const first = [...new Map(asking.map((sender) => [sender.bridge, sender])).values()];
  if (first.length === 0) return new Map();
  const [rules, ...answers] = await ask(run, option, ['rule show', ...askedFor(first)]);
  const isSorting = (rules as Rule[] | undefined)?.some(({ src = 'all', fwmark }) => src !== 'all' || fwmark);
  if (isSorting) {
    const own = await ask(run, option, askedFor(asking));
    return new Map(asking.map(({ name }, at) => [name, devicesOf(own[at])]));
  }
  const byBridge = new Map(first.map(({ bridge }, at) => [bridge, devicesOf(answers[at])]));
  return new Map(asking.map(({ name, bridge }) => [name, byBridge.get(bridge) ?? []]));
}

interface Rule {
  src?: string;
  fwmark?: string;
}

interface Route {
  /** Absent of one that leads somewhere. */
  type?: string;
  dev?: string;
  flags?: string[];
  nexthops?: Route[];
}

function devicesOf(answer: unknown): string[] {
  const [{ type, dev, nexthops }] = [...((answer as Route[] | undefined) ?? []), {}] as [Route];
  if (type !== undefined) return [];
  const hops = nexthops?.filter(({ flags = [] }) => !flags.includes('dead')).map((hop) => hop.dev) ?? [dev];
  return [...new Set(hops.flatMap((device) => device ?? []))].sort();
}

/** @returns what each line is answered, in their order; nothing for a line that is refused, as where no route is */
async function ask(run: Run, option: string, lines: string[]): Promise<unknown[]> {
  const input = `${lines.join('\n')}\n`;
  const { stdout, stderr } = await run('ip', [option, '-j', '-force', '-batch', '-'], { input });
  const refused = new Set(
    [...stderr.matchAll(/^Command failed -:(\d+)/gm)].map(([, line]) => Number(line) - 1),
  );
  const answers = stdout.split('\n').filter((line) => line.startsWith('['));
  // A version of ip that answers otherwise tells nothing.
  if (answers.length !== lines.length - refused.size) return [];
  return lines.map((_, at) => (refused.has(at) ? undefined : JSON.parse(answers.shift() ?? '[]')));
}

// What diverts a routed guest's packets before they reach its class: flowtables, which skip every chain, `ip rule`s that
// match our marks as if they were their own, and sysctls that cannot be set here (a container's read-only /proc).
import { parseListing } from '../kernel/nft/listing.ts';
import { readSettings, settings } from '../kernel/settings.ts';
import { readXtables } from '../observe/read-others.ts';
import type { Run } from '../system/exec.ts';
import { readIfThere } from '../system/files.ts';
import type { Finding } from './finding.ts';

export interface BypassFacts {
  /** `table inet filter, flowtable f` -> those of our devices that it offloads. */
  flowtables: Map<string, string[]>;
  /** The lines of `ip rule` whose fwmark matches marks of ours. */
  rules: string[];
  /** Tables of iptables-legacy; their rules are not read, since nft does not list them. */
  unseen: string[];
  /** Sysctls with a value that bypasses us and that cannot be set here. */
  fixed: string[];
}

export interface BypassSources {
  /** The output of `nft list ruleset`. */
  listing: string;
  /** Uplinks, the devices below and above them, and taps. */
  devices: Set<string>;
  marks: number[];
  /** Whether the policy needs these sysctls. */
  reflect: boolean;
}

export async function readBypass(run: Run, sources: BypassSources): Promise<BypassFacts> {
  const { listing, devices, marks, reflect } = sources;
  const flowtables = parseListing(listing).flatMap((table) => {
    const { family, name } = table;
    const own = [...table.flowtables.values()].flat().filter((device) => devices.has(device));
    return own.length > 0 ? [[`table ${family} ${name}`, own] as const] : [];
  });
  const listed = await Promise.all(['-4', '-6'].map((family) => run('ip', [family, 'rule', 'show'])));
  const rules = listed.flatMap(({ stdout }) => stdout.split('\n').filter((rule) => isTaken(rule, marks)));
  const settable = readSettings();
  return {
    flowtables: new Map(flowtables),
    unseen: (await readXtables(run)).unseen,
    rules: [...new Set(rules.map((rule) => rule.trim().replace(/\s+/g, ' ')))],
    fixed: reflect ? settings.filter((name) => !settable.has(name) && currentValue(name) === '0') : [],
  };
}

/** Whether a rule's fwmark is one that a frame of ours may have; of a guest's id any 16 bits may be. */
function isTaken(rule: string, marks: number[]): boolean {
  const [, value, mask = '0xffffffff'] =
    rule.match(/\bfwmark (0x[0-9a-f]+|\d+)(?:\/(0x[0-9a-f]+|\d+))?/) ?? [];
  if (value === undefined || /^\S+\s+not\b/.test(rule)) return false;
  const upper = (Number(mask) & 0xffff0000) >>> 0;
  if (upper === 0 && Number(value) === 0) return false;
  return marks.some((mark) => (mark & upper) >>> 0 === (Number(value) & 0xffff0000) >>> 0);
}

function currentValue(name: string): string | undefined {
  return readIfThere(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim();
}

export function checkBypass({ flowtables, rules, unseen, fixed }: BypassFacts): Finding[] {
  return [
    ...[...flowtables].map(
      ([table, devices]): Finding => ({
        check: 'flowtable',
        level: 'warning',
        subject: table,
        detail: `a flowtable of it holds ${devices.join(', ')}: what it forwards passes no chain, so routed guests are not limited there`,
        hint: `take ${devices.length === 1 ? 'it' : 'them'} out of its "devices"`,
      }),
    ),
    ...rules.map(
      (rule): Finding => ({
        check: 'ip-rule',
        level: 'warning',
        subject: 'ip rule',
        detail: `marks of virt-shaper are taken for those of "${rule}", which routes guests' frames elsewhere`,
        hint: 'give it a mark or a mask that leaves ours alone, or virt-shaper another range with [marks] base',
      }),
    ),
    ...unseen.map(
      (tables): Finding => ({
        check: 'iptables-legacy',
        level: 'warning',
        subject: 'iptables-legacy',
        detail: `the kernel has tables of ${tables}, and nothing here shows their rules: one of them may take guests' marks`,
        hint: 'install what has iptables-legacy-save (Debian: iptables), or have the rules in nftables',
      }),
    ),
    ...(fixed.length > 0
      ? [
          {
            check: 'settings',
            level: 'warning' as const,
            subject: 'settings',
            detail: `${fixed.join(' and ')} cannot be set here (/proc/sys is read-only): what the kernel answers a guest's pings with passes its ceil`,
            hint: `set it outside of the container: sysctl ${fixed.map((name) => `${name}=1`).join(' ')}`,
          },
        ]
      : []),
  ];
}

// Two states as rules.d has them, and what a comparison finds between them.
import { compare } from '../../../src/diff/compare.ts';
import type { Found } from '../../../src/diff/difference.ts';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { type KernelState, kernelWith, type State } from '../../../src/kernel/objects.ts';

export interface Guest {
  name: string;
  id: string;
  out: number;
  in: number;
  parent?: string;
  tap: string;
  leaf?: string;
  /** What its guarantee was before it was scaled. */
  configured?: string;
}

export const cliff: Guest = { name: 'cliff', id: '10', out: 20, in: 20, tap: 'vnet0' };
export const rob: Guest = { name: '"r b"', id: '11', out: 20, in: 10, tap: 'vnet1' };

/** @param guests by uplink, megabits each */
export function state(uplinks: Record<string, Guest[]>, { group = 30, table = true } = {}): State {
  const rate = (mbit: number) => `rate 1mbit ceil ${mbit}mbit burst 16k cburst 16k quantum 1514`;
  const shape: string[] = [];
  const elements: string[] = [];
  const chains: string[] = [];
  for (const [uplink, guests] of Object.entries(uplinks)) {
    for (const [device, major, way] of [
      [uplink, 1, 'out'],
      [`ifb-${uplink}`, 2, 'in'],
    ] as const) {
      shape.push(
        `qdisc add dev ${device} root handle ${major}: htb default fffe r2q 30323`,
        `class add dev ${device} parent ${major}: classid ${major}:ffff htb ${rate(1000)} # link ${uplink}`,
        `class add dev ${device} parent ${major}:ffff classid ${major}:fffe htb ${rate(1000)} # unmarked`,
        `class add dev ${device} parent ${major}:ffff classid ${major}:5 htb ${rate(group)} # group friends`,
        ...guests.flatMap((guest) => [
          `class add dev ${device} parent ${major}:${guest.parent ?? 'ffff'} classid ${major}:${guest.id} htb ${rate(guest[way])} # guest ${guest.name}${guest.configured ? `, configured ${guest.configured}` : ''}`,
          `qdisc add dev ${device} parent ${major}:${guest.id} handle ${guest.id}: ${guest.leaf ?? 'bfifo limit 87500'} # guest ${guest.name}`,
        ]),
      );
    }
    for (const { name, id, tap } of guests) {
      shape.push(
        `qdisc add dev ${tap} clsact # guest ${name}`,
        `filter add dev ${tap} egress protocol all pref 30323 handle 0x7673${id} fw action mirred egress redirect dev ifb-${uplink} # guest ${name}`,
      );
      chains.push(`chain out-${id}-${uplink} {\n meta mark set 0x7673${id} meta priority set 1:${id}\n}`);
      elements.push(`"${tap}" . "${uplink}" : goto out-${id}-${uplink},`);
    }
  }
  const devices = Object.keys(uplinks).flatMap((uplink) => [
    `link add name ifb-${uplink} up group 30323 txqueuelen 1000 type ifb`,
    `link set dev ifb-${uplink} alias virt-shaper:${uplink}`,
  ]);
  const ruleset = table
    ? `table bridge virt-shaper {}\ndelete table bridge virt-shaper\ntable bridge virt-shaper {\n${chains.join('\n')}
map guests {\n type ifname . ifname : verdict\n elements = {\n${elements.join('\n')}\n }\n}
chain forward {\n type filter hook forward priority 250; policy accept;\n iifname . oifname vmap @guests\n}\n}\n`
    : 'table bridge virt-shaper {}\ndelete table bridge virt-shaper\n';
  return parseRules(
    {
      'shape.tc': `${shape.join('\n')}\n`,
      'devices.ip': `${devices.join('\n')}\n`,
      'ruleset.nft': ruleset,
      'settings.sysctl': '',
    },
    '',
  );
}

/** As the kernel shows it: without a word on whose it is. */
function inKernel(of: State, hasTable = true): KernelState {
  const objects = [...of.objects.values()].map(({ subject: _, place: _at, ...object }) => object);
  const held = { ...of, objects: new Map(objects.map((object) => [object.key, object])) };
  // What was loaded into the table is not known here.
  const { loaded: _loaded, ...kernel } = kernelWith(held);
  return { ...kernel, hasTable };
}

export function found(before: State, after: State, hasTable = true): Found {
  const from = inKernel(before, hasTable);
  return { list: compare(from, after), from, to: after, loaded: before };
}

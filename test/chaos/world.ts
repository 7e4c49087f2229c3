// The host that things are done to: one uplink or two, a group of guests behind each, one guest on its own, one that is
// behind both, and one that does not run at first; in half of the worlds some of them behind the host's routing, and
// limits of what they may send. It knows what was done and what of it stands; what is true of a guest's frames it does
// not know: frames.ts finds that out.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh, TestHost } from '../kernel/host.ts';
import { Program } from './program.ts';
import { type Direction, hostMacOf, macOf, type Nic, Wire } from './wire.ts';

export interface Guest {
  name: string;
  /** Its classes are 1:ID and 2:ID, in hexadecimal. */
  id: number;
  group?: string;
  nics: Nic[];
  runs: boolean;
}

export interface Uplink {
  name: string;
  /** That it is a port of. */
  bridge?: string;
  /** Whose guests the host routes to it. */
  routed?: string;
}

/** By which it is chosen; `limits`: of what a guest may send inside the host, and metadata in its XML. */
export interface Kind {
  uplinks: Uplink[];
  limits: boolean;
}

const kinds: Kind[] = [
  {
    uplinks: [
      { name: 'eth0', bridge: 'br0' },
      { name: 'eth1', routed: 'virbr1' },
    ],
    limits: true,
  },
  { uplinks: [{ name: 'eth0', bridge: 'br0' }], limits: false },
  {
    uplinks: [
      { name: 'eth0', bridge: 'br0' },
      { name: 'eth1', bridge: 'br1' },
    ],
    limits: false,
  },
  { uplinks: [{ name: 'eth0', bridge: 'br0', routed: 'virbr0' }], limits: true },
];

export function kindOf(seed: number): Kind {
  return kinds[seed % kinds.length] as Kind;
}

/** Packets per second, of the many for everybody. */
export const stormLimit = 20;

/** Something of somebody else's that is there until it is taken away. */
export interface Standing {
  text: string;
  undo: () => void;
  /** Whether it may keep these frames unshaped, whatever virt-shaper does. */
  spoils: (nic: Nic, direction: Direction) => boolean;
}

/** Megabits per second; what an administrator changes. */
export interface Settings {
  guests: Record<string, number>;
  groups: Record<string, number>;
  /** Appended as it is. */
  mistake?: string;
}

export class World extends TestHost {
  readonly wire = new Wire();
  readonly program: Program;
  readonly guests: Guest[];
  readonly uplinks: Uplink[];
  readonly limits: boolean;
  standing: Standing[] = [];
  /** An `unload` is in force: nothing but a load by hand ends it. */
  off = false;
  settings: Settings;
  /** A ruleset that somebody has saved. */
  saved?: string;
  /** Of a guest's own XML: attributes of our element. */
  readonly metadata = new Map<string, string>();
  /** Other names of devices now, by their own. */
  readonly renamed = new Map<string, string>();

  constructor({ uplinks, limits }: Kind) {
    super('');
    this.program = new Program(this.root);
    this.uplinks = uplinks;
    this.limits = limits;
    let taps = 0;
    /** @param isRouted where there is the choice */
    const nic = (at: number, isRouted = false): Nic => {
      const index = ++taps;
      const { name = '', bridge, routed } = uplinks[at] ?? {};
      const own = (isRouted ? routed : undefined) ?? bridge ?? routed ?? '';
      const base = { tap: `vnet${index - 1}`, bridge: own, uplink: name, index };
      return own === routed ? { ...base, routed: true } : base;
    };
    const guest = (name: string, nics: Nic[], group?: string): Guest => ({
      name,
      id: 0x10 + (nics[0]?.index ?? 0),
      nics,
      runs: true,
      ...(group ? { group } : {}),
    });
    this.guests = [
      guest('ann', [nic(0)], 'friends'),
      guest('ben', [nic(0)], 'friends'),
      guest('cliff', [nic(0)]),
      ...(uplinks.length === 1
        ? uplinks[0]?.routed
          ? [guest('rob', [nic(0, true)], 'friends'), guest('ron', [nic(0, true)])]
          : []
        : [guest('dan', [nic(1)], 'web'), guest('eve', [nic(1)], 'web'), guest('mia mia', [nic(0), nic(1)])]),
      { ...guest('zoe', [nic(uplinks.length - 1, true)]), runs: false },
    ];
    this.settings = {
      guests: Object.fromEntries(this.guests.map(({ name }) => [name, 40])),
      groups: { friends: 60, web: 60 },
    };
    this.configured();
    if (this.bridges().some(({ isRouted }) => isRouted)) {
      sh(
        `cd /proc/sys/net/ipv4; echo 1 >ip_forward; echo 0 >conf/all/rp_filter; echo 0 >conf/default/rp_filter`,
      );
    }
    for (const { bridge } of this.bridges()) {
      sh(`ip link add ${bridge} address ${macOf(bridge)} type bridge; ip link set ${bridge} up`);
    }
    for (const { name, bridge } of this.uplinks) this.wire.cable(name, bridge);
    for (const one of this.guests) if (one.runs) this.begin(one);
    const { status, stderr } = this.program.run(['sync']);
    if (status !== 0) throw new Error(`the first sync: ${stderr}`);
  }

  /** NICs of the guests that run. */
  nics(): { guest: Guest; nic: Nic }[] {
    return this.guests.flatMap((guest) => (guest.runs ? guest.nics.map((nic) => ({ guest, nic })) : []));
  }

  /** Each with the uplink of its guests. */
  bridges(): { bridge: string; uplink: string; isRouted: boolean }[] {
    return this.uplinks.flatMap(({ name: uplink, bridge, routed }) => [
      ...(bridge ? [{ bridge, uplink, isRouted: false }] : []),
      ...(routed ? [{ bridge: routed, uplink, isRouted: true }] : []),
    ]);
  }

  /** That an uplink is a port of. */
  bridgeOf(uplink: string): string | undefined {
    return this.uplinks.find(({ name }) => name === uplink)?.bridge;
  }

  /** Says the ways of all guests anew. */
  routes(nics = this.guests.flatMap((guest) => guest.nics)): void {
    this.wire.routes(nics, (uplink) => {
      const detour = this.wire.detours.get(uplink);
      if (detour) return { device: detour, mac: hostMacOf(detour) };
      const bridge = this.bridgeOf(uplink);
      return bridge
        ? { device: bridge, mac: macOf(bridge) }
        : { device: this.named(uplink), mac: hostMacOf(uplink) };
    });
  }

  running(): Guest[] {
    return this.guests.filter(({ runs }) => runs);
  }

  /** As libvirt does before it calls a hook, and when the guest runs. */
  begin(guest: Guest): void {
    for (const { tap, bridge } of guest.nics) this.wire.cable(tap, bridge);
    this.routes(guest.nics);
    guest.runs = true;
    this.writeStatus(guest);
  }

  /** The guest's process ends, and its taps with it. */
  cease(guest: Guest): void {
    rmSync(this.statusFile(guest), { force: true });
    for (const { tap } of guest.nics) sh(`ip link del ${tap} 2>/dev/null || :`);
    guest.runs = false;
  }

  writeStatus(guest: Guest): void {
    const file = this.statusFile(guest);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `<domstatus state='running' reason='booted' pid='1'>${this.xml(guest)}</domstatus>`);
  }

  xml({ name, nics }: Guest): string {
    const interfaces = nics.map(
      ({
        tap,
        bridge,
      }) => `<interface type='bridge'><mac address='${macOf(tap)}'/><source bridge='${bridge}'/>
        <target dev='${tap}'/><model type='virtio'/></interface>`,
    );
    return `<domain type='kvm' id='1'><name>${name}</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db18${this.idOf(name)}</uuid>
      ${this.metadataOf(name)}<devices>${interfaces.join('')}</devices></domain>`;
  }

  private metadataOf(name: string): string {
    const attributes = this.metadata.get(name);
    return attributes === undefined
      ? ''
      : `<metadata><v:shaping xmlns:v='urn:virt-shaper:guest:1' ${attributes}/></metadata>`;
  }

  private idOf(name: string): string {
    return String(this.guests.find((guest) => guest.name === name)?.id ?? 0);
  }

  private statusFile({ name }: Guest): string {
    return join(this.root, 'run/libvirt/qemu', `${name}.xml`);
  }

  /** Writes the configuration as `settings` have it. */
  configured(): void {
    const { guests, groups, mistake = '' } = this.settings;
    this.configure(
      [
        ...this.uplinks.map(
          ({ name, routed }) =>
            `[uplink.${name}]\nceil = "1gbit"\n${routed ? `routed = ["${routed}"]\n` : ''}`,
        ),
        ...(this.limits
          ? [
              `[defaults]\nrate = "5mbit"\nceil = "40mbit"\nlocal = "200mbit"\npps = 20000\nstorm = ${stormLimit}
metadata = { rate = "20mbit", ceil = "200mbit" }\nwhen = [{ time = "00:00-12:00", ceil = "35mbit" }]\n`,
            ]
          : []),
        ...Object.entries(groups).map(
          ([name, ceil]) => `[group.${name}]\nceil = "${ceil}mbit"\n${this.limits ? quota('1mb', 30) : ''}`,
        ),
        ...this.guests.map(
          ({ name, id, group }) =>
            `[guest."${name}"]\nid = ${id}\n${group ? `group = "${group}"\n` : ''}${
              this.limits && name === 'cliff' ? '' : `rate = "5mbit"\nceil = "${guests[name]}mbit"\n`
            }${this.limits ? quota('20kb', 7) : `boost = { ceil = "300mbit", volume = "30kb" }\n`}`,
        ),
        mistake,
      ].join('\n'),
    );
  }

  /** A device by what it is called now. */
  named(device: string): string {
    return this.renamed.get(device) ?? device;
  }

  override end(): void {
    this.wire.end();
    sh('echo 0 >/proc/sys/net/ipv4/fwmark_reflect; echo 0 >/proc/sys/net/ipv6/fwmark_reflect');
    super.end();
  }
}

/** Used up after some of the frames that are sent here. @param ceil mbit */
function quota(volume: string, ceil: number): string {
  return `quota = { volume = "${volume}", every = "day", then = { ceil = "${ceil}mbit" } }\n`;
}

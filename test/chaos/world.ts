// The host that things are done to: one uplink or two, a group of guests behind each, one guest on its own, one that is
// behind both, and one that does not run at first. It knows what was done and what of it stands; what is true of a
// guest's frames it does not know: frames.ts finds that out.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh, TestHost } from '../kernel/host.ts';
import { Program } from './program.ts';
import { type Direction, macOf, type Nic, Wire } from './wire.ts';

export interface Guest {
  name: string;
  /** Its classes are 1:ID and 2:ID, in hexadecimal. */
  id: number;
  group?: string;
  nics: Nic[];
  runs: boolean;
}

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
  readonly uplinks: { name: string; bridge: string }[];
  standing: Standing[] = [];
  /** An `unload` is in force: nothing but a load by hand ends it. */
  off = false;
  settings: Settings;
  /** Other names of devices now, by their own. */
  readonly renamed = new Map<string, string>();

  constructor(uplinks: 1 | 2) {
    super('');
    this.program = new Program(this.root);
    this.uplinks = Array.from({ length: uplinks }, (_, at) => ({ name: `eth${at}`, bridge: `br${at}` }));
    let taps = 0;
    const nic = (at: number): Nic => {
      const index = ++taps;
      return { tap: `vnet${index - 1}`, bridge: `br${at}`, uplink: `eth${at}`, index };
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
      ...(uplinks === 1
        ? []
        : [guest('dan', [nic(1)], 'web'), guest('eve', [nic(1)], 'web'), guest('mia mia', [nic(0), nic(1)])]),
      { ...guest('zoe', [nic(uplinks - 1)]), runs: false },
    ];
    this.settings = {
      guests: Object.fromEntries(this.guests.map(({ name }) => [name, 40])),
      groups: { friends: 60, web: 60 },
    };
    this.configured();
    for (const { name, bridge } of this.uplinks) {
      sh(`ip link add ${bridge} type bridge; ip link set ${bridge} up`);
      this.wire.cable(name, bridge);
    }
    for (const one of this.guests) if (one.runs) this.begin(one);
    const { status, stderr } = this.program.run(['sync']);
    if (status !== 0) throw new Error(`the first sync: ${stderr}`);
  }

  /** NICs of the guests that run. */
  nics(): { guest: Guest; nic: Nic }[] {
    return this.guests.flatMap((guest) => (guest.runs ? guest.nics.map((nic) => ({ guest, nic })) : []));
  }

  running(): Guest[] {
    return this.guests.filter(({ runs }) => runs);
  }

  /** As libvirt does before it calls a hook, and when the guest runs. */
  begin(guest: Guest): void {
    for (const { tap, bridge } of guest.nics) this.wire.cable(tap, bridge);
    this.wire.routes(guest.nics);
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
      <devices>${interfaces.join('')}</devices></domain>`;
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
        ...this.uplinks.map(({ name }) => `[uplink.${name}]\nceil = "1gbit"\n`),
        ...Object.entries(groups).map(([name, ceil]) => `[group.${name}]\nceil = "${ceil}mbit"\n`),
        ...this.guests.map(
          ({ name, id, group }) =>
            `[guest."${name}"]\nid = ${id}\n${group ? `group = "${group}"\n` : ''}rate = "5mbit"\nceil = "${guests[name]}mbit"\n`,
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
    super.end();
  }
}

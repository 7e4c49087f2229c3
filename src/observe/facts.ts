// What the kernel holds that a guest's frames pass on their way, as plain data: of ours whatever it hangs on, of
// others whatever may come between. Read in one place (read-facts.ts), judged in another (account.ts).
import type { WayOut } from '../host/ways-out.ts';
import type { NftTable } from '../kernel/nft/listing.ts';
import type { TcFilter } from '../kernel/tc/filter-json.ts';

export interface Facts {
  devices: Map<string, DeviceFacts>;
  /** Ifbs of anybody that are up, where filters of others are there that may lead to one. */
  ifbs: Set<string>;
  /** Bridge -> its ports. */
  ports: Map<string, Set<string>>;
  /** Devices with a clsact. */
  clsacts: Set<string>;
  /** Devices with an `ingress` qdisc, which leaves no room for a clsact. */
  occupied: Set<string>;
  /** Device -> its root qdisc. */
  roots: Map<string, RootFacts>;
  /** `vnet0 egress` -> filters, ours among them. */
  filters: Map<string, TcFilter[]>;
  table: TableState;
  /** Of everybody; without ours where it is as it was loaded. */
  tables: NftTable[];
  /** Which of the kernel's IP chains see what crosses a bridge (br_netfilter). */
  bridged: { ip: boolean; ip6: boolean };
  /** Whether the host forwards what guests send to it. */
  routes: boolean;
  /** Tap of a guest behind a router -> where the host routes what it sends past its uplinks; none that is not. */
  astray: Map<string, Astray[]>;
  /** Whether the kernel's answers to what a guest sends shall carry its mark. */
  reflects: boolean;
  /** Names of the kernel's settings that are not as they were loaded. */
  amiss: string[];
  /** Tap -> the guest that runs on it, as far as that is known. */
  owners: Map<string, string>;
  /** `tap guest` of NICs that libvirt says are in use and that are no device: under another name, or just unplugged. */
  missing: Set<string>;
  /** Taps with libvirt's own <bandwidth>. */
  limited: Set<string>;
  /** BPF programs that decide about packets, as far as they can be seen. */
  programs: ProgramFacts[];
}

/** Of its devices those that are no uplink's. */
export interface Astray extends WayOut {
  /** Whether the route has next hops by its uplinks, too. */
  isPart: boolean;
  /** Whether each lies on an uplink of its, and the rules in force do not know it. */
  isNew: boolean;
}

export interface DeviceFacts {
  up: boolean;
  /** Of our group: an ifb that virt-shaper made. */
  ours: boolean;
}

export interface RootFacts {
  /** `pfifo 8001:` */
  what: string;
  ours: boolean;
  /** Packets that met none of its classes, where it has some. */
  direct?: number;
}

export interface ProgramFacts {
  device: string;
  /** `tcx_egress`; of XDP by its mode, `xdp` or `xdpgeneric`. */
  where: string;
  name: string;
}

/**
 * `as loaded`: nobody has changed it. `changed`: a frame's way through it is followed. `missing`: nothing is marked.
 */
export interface TableState {
  kind: 'as loaded' | 'changed' | 'missing';
}

// Facts about the kernel's state on the way of a guest's frames, as plain data: our own objects, and others' that may interfere. Read by
// read-facts.ts, judged by faults.ts.
import type { WayOut } from '../host/ways-out.ts';
import type { NftTable } from '../kernel/nft/listing.ts';
import type { TcFilter } from '../kernel/tc/filter-json.ts';

export interface Facts {
  devices: Map<string, DeviceFacts>;
  /** All ifbs that are up; read only where others' filters may redirect to one. */
  ifbs: Set<string>;
  /** The ports of each bridge. */
  ports: Map<string, Set<string>>;
  /** Devices with a clsact. */
  clsacts: Set<string>;
  /** Devices with an `ingress` qdisc, which excludes a clsact. */
  occupied: Set<string>;
  /** The root qdisc of each device. */
  roots: Map<string, RootFacts>;
  /** The filters of each hook, such as `vnet0 egress`, ours included. */
  filters: Map<string, TcFilter[]>;
  table: TableState;
  /** The tables of others, and our own where it is not as it was loaded. */
  tables: NftTable[];
  /** Whether br_netfilter passes bridged frames to the chains of IPv4 and IPv6. */
  bridged: { ip: boolean; ip6: boolean };
  /** Whether the host forwards what guests send to it. */
  routes: boolean;
  /** Tap of a guest behind a router -> where the host routes what it sends past its uplinks; none that is not. */
  astray: Map<string, Astray[]>;
  /** Whether the kernel's replies to a guest's packets have to carry its mark. */
  reflects: boolean;
  /** The sysctls that are not as they were loaded. */
  amiss: string[];
  /** The guest of each tap, where that is known. */
  owners: Map<string, string>;
  /** NICs, as `tap guest`, that libvirt lists and the kernel does not have: renamed, or just unplugged. */
  missing: Set<string>;
  /** Taps with libvirt's own <bandwidth>. */
  limited: Set<string>;
  /** BPF programs that may drop or redirect packets, as far as they can be listed. */
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
  /** Whether it has our group number: an ifb that virt-shaper made. */
  ours: boolean;
}

export interface RootFacts {
  /** `pfifo 8001:` */
  what: string;
  ours: boolean;
  /** The packets that matched none of its classes; absent without classes. */
  direct?: number;
}

export interface ProgramFacts {
  device: string;
  /** The hook: `tcx_egress`; for XDP its mode, `xdp` or `xdpgeneric`. */
  where: string;
  name: string;
}

/**
 * Our table. `as loaded`: unchanged. `changed`: the way of a frame through it is traced. `unknown`: the same, where the record of what
 * was loaded is gone. `missing`: no frame is marked.
 */
export interface TableState {
  kind: 'as loaded' | 'changed' | 'unknown' | 'missing';
}

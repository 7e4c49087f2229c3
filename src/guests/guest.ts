// A running guest as virt-shaper knows it: from libvirt's XML, noted in /run (store/guests.ts).
import type { Both } from '../units/units.ts';

/** The driver of libvirt's that runs it. */
export const drivers = ['qemu', 'lxc'] as const;
export type Driver = (typeof drivers)[number];

export interface Nic {
  /** The host's end of the NIC, e.g. vnet0. */
  tap: string;
  /** Absent for type='ethernet', whose bridge only the kernel knows. */
  bridge?: string;
  mac?: string;
  /** The name of its nwfilter. */
  filter?: string;
  /** Whether it has libvirt's own <bandwidth>, which shapes the tap as well. */
  bandwidth?: true;
}

/** A NIC that cannot be shaped, with the reason. */
export interface SkippedNic {
  nic: string;
  reason: string;
}

/** The limits that a guest's XML asks for; rates in bits per second. */
export interface GuestMetadata {
  group?: string;
  rate?: Partial<Both<number>>;
  ceil?: Partial<Both<number>>;
  /** Problems with them, in words. */
  problems?: string[];
}

export interface Guest {
  /** libvirt's name: any characters but `/` and newline. Unique for one driver only. */
  name: string;
  driver: Driver;
  uuid?: string;
  nics: Nic[];
  skipped?: SkippedNic[];
  metadata?: GuestMetadata;
  /** The version of the status file it was read from (status-files.ts); absent when it was noted by the hook. */
  stamp?: string;
}

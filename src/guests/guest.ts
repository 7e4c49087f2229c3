// A running guest as virt-shaper knows it: from libvirt's XML, kept in the run state.
import type { Both } from '../units/units.ts';

/** Which of libvirt's drivers runs it. */
export const drivers = ['qemu', 'lxc'] as const;
export type Driver = (typeof drivers)[number];

export interface Nic {
  /** The host's end of the NIC, e.g. vnet0. */
  tap: string;
  /** Absent for type='ethernet', whose bridge only the kernel knows. */
  bridge?: string;
  mac?: string;
  /** Name of its nwfilter. */
  filter?: string;
  /** It has libvirt's own <bandwidth>, a second master. */
  bandwidth?: true;
}

/** A NIC that is not shaped, and why. */
export interface SkippedNic {
  nic: string;
  reason: string;
}

/** What a guest's XML says it shall get; rates in bits per second. */
export interface GuestMetadata {
  group?: string;
  rate?: Partial<Both<number>>;
  ceil?: Partial<Both<number>>;
  /** What could not be understood, each in words. */
  problems?: string[];
}

export interface Guest {
  /** As libvirt has it: any characters but `/` and newline. Two drivers may each have one of that name. */
  name: string;
  driver: Driver;
  uuid?: string;
  nics: Nic[];
  skipped?: SkippedNic[];
  metadata?: GuestMetadata;
  /** Which version of libvirt's status file this was read from (status-files.ts); absent from the hook. */
  stamp?: string;
}

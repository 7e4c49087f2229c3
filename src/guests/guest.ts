// A running guest as virt-shaper knows it: from libvirt's XML at its start, kept in the run state.

export interface Nic {
  /** The host's end of the NIC, e.g. vnet0. */
  tap: string;
  bridge: string;
  mac?: string;
}

export interface Guest {
  /** As libvirt has it: any characters but `/` and newline. */
  name: string;
  uuid?: string;
  nics: Nic[];
}

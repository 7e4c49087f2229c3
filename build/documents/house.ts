// The folders of src/ in the order of their imports, for docs/internals.md: each may use those above it in this list.
// A test holds the list to src/ and its order to that of the imports.

export const house: [folder: string, what: string][] = [
  ['system', 'processes (by exec.ts), files that are written whole, locks, paths, trust, errors with a hint'],
  ['units', 'rates, sizes, times, directions: bits per second, bytes, microseconds; Ethernet addresses'],
  ['text', 'what screens are made of: tables, bars, figures, ages, names without anything odd'],
  ['toml', 'TOML with the place of every key, and errors in plain words'],
  [
    'config',
    'TOML -> Config: decoded, checked, complete; what comes after it looks only whether it fits the host',
  ],
  ['guests', "libvirt's XML and status files -> Guest"],
  ['host', 'devices, bridges, link speeds, networks of libvirt; what this kernel can do, found by trying'],
  ['policy', 'who gets which rate on which uplink, where that is written and what lowered it'],
  ['plan', 'the policy as classes, marks, ids, bursts and leaves: plain data'],
  ['render', 'the plan as the files of rules.d, through templates/'],
  ['part', 'the pipeline for a few guests that come or go, put into what was made for all'],
  ['kernel', 'the languages of tc and nft, parsed and printed; reading what the kernel holds'],
  ['store', 'the files below /run and /var that outlive a call'],
  ['ledger', 'who was delivered how much, by day: counted from the classes, and kept'],
  ['diff', 'two states -> differences -> phases -> commands'],
  ['load', 'the transaction: stage, commit, retire, read back, undo'],
  ['observe', 'what the kernel counts, and whether the frames of each guest meet their class'],
  [
    'hooks',
    "the files in libvirt's folder, what keeps libvirt from running them, and the queue of their calls",
  ],
  ['import', 'bandwidth.conf, domain XML and Proxmox files -> TOML'],
  ['init', 'a first configuration'],
  ['doctor', 'facts -> findings'],
  ['report', 'data -> lines and JSON: status, tree, check, plan, doctor; explain/ and metrics/'],
  ['top', 'the live screen: scene, view, frame, keys'],
  ['operations', 'what commands share: context, lock, generate, note a guest, shape it, load now'],
  ['commands', 'one file for each command, in folders as the files of cli: wiring'],
  ['cli', 'options and commands as commander has them, --help'],
];

/** As text in a block. */
export function houseTable(): string {
  const width = Math.max(...house.map(([folder]) => folder.length));
  return house.map(([folder, what]) => `${folder.padEnd(width)}  ${what}\n`).join('');
}

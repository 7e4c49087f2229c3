// The files in /var: state that survives a reboot, so each is written with fsync (files.ts has those in /run).

export interface StoreFile {
  path: `/run/virt-shaper/${string}` | `/var/lib/virt-shaper/${string}`;
  /** What the file contains. */
  what: string;
  /** Who writes it, and when it is removed. */
  written: string;
  /** What happens when it is lost. */
  loss: string;
}

export const lastingFiles = {
  rules: {
    path: '/var/lib/virt-shaper/rules.d',
    what: 'the rules as they are rendered; `good` leads to those in force, in `.good-N`; `.source.json` is the configuration that they came from, `.plan.json` their plan',
    written:
      'render, apply, sync and the hook; `good` is put in place in one step after a load that ended well',
    loss: 'sync makes them anew; without `good` the present configuration counts, and the kernel is read',
  },
  ids: {
    path: '/var/lib/virt-shaper/ids.json',
    what: 'the ids drawn for guests and groups',
    written: 'whoever renders and draws one; a damaged one stays beside it as `ids.json.damaged`',
    loss: 'ids are taken from the rules in force; who is in neither gets another class and mark',
  },
  overrides: {
    path: '/var/lib/virt-shaper/overrides.json',
    what: 'what administrators have set for now, by whom, why and until when',
    written:
      '`virt-shaper limit`; what has ended is left out a week later. A damaged one stays beside it as `overrides.json.damaged`',
    loss: 'every guest has what is configured',
  },
  speeds: {
    path: '/var/lib/virt-shaper/speeds.json',
    what: 'the speed that each uplink had last',
    written: 'whoever renders',
    loss: 'a link without carrier is taken for 10 gbit, with a warning',
  },
  unloaded: {
    path: '/var/lib/virt-shaper/unloaded.json',
    what: 'since when, why and by whom it is off',
    written: 'unload, or a load that was not confirmed; until the next load',
    loss: 'the next hook or timer loads again',
  },
  usage: {
    path: '/var/lib/virt-shaper/usage',
    what: 'the ledger: how many bytes were delivered to whom. `now.json` has the running day and up to where each class is counted, `YYYY-MM.json` the days before',
    written:
      'sync, and whoever has taken classes out; a damaged one stays beside it as `*.damaged`; 14 months are kept',
    loss: 'what was used is forgotten, and with `now.json` what was passed since the last sync; the limits stay',
  },
} satisfies Record<string, StoreFile>;

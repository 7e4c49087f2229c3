// Every file that outlives a call. State of this boot is in /run: it is written without fsync, and a reboot removes it.
// State that has to survive a reboot is in /var (lasting-files.ts). docs/internals.md shows this table, and a test fails
// for a file that is not in it.
import { lastingFiles, type StoreFile } from './lasting-files.ts';

const bootFiles = {
  usageLock: {
    path: '/run/virt-shaper/usage.lock',
    what: 'held while the ledger is changed',
    written: 'sync, and whoever has taken classes out',
    loss: 'it is made again',
  },
  usageSpool: {
    path: '/run/virt-shaper/usage',
    what: 'what classes had passed when they went away, a file for each batch of tc',
    written: 'each batch that takes classes out; until it is counted in the ledger',
    loss: 'what those had passed since the last sync is not counted',
  },
  parsedConfig: {
    path: '/run/virt-shaper/parsed-config',
    what: 'the configuration as it was last understood, with its text',
    written: 'whoever renders by another one, or by another build of virt-shaper',
    loss: 'it is understood anew',
  },
  madeFrom: {
    path: '/run/virt-shaper/made-from',
    what: 'what the rules in force were made from, so that the next start makes only what differs',
    written: 'the hook, after a load',
    loss: 'the next start makes all of it',
  },
  guests: {
    path: '/run/virt-shaper/guests.json',
    what: 'the guests that run, and their NICs',
    written: 'the hook, sync and apply, whenever one comes or goes',
    loss: 'sync finds them by libvirt',
  },
  guestsLock: {
    path: '/run/virt-shaper/guests.lock',
    what: 'held while that file is changed',
    written: 'the hook, sync and apply',
    loss: 'it is made again',
  },
  lock: {
    path: '/run/virt-shaper/lock',
    what: 'held while the kernel or the rules are read or changed',
    written: 'whoever loads, plans or verifies',
    loss: 'it is made again',
  },
  kernel: {
    path: '/run/virt-shaper/kernel.json',
    what: 'what this kernel can do',
    written: 'the first call that renders',
    loss: 'the kernel is asked again, in a network namespace of its own',
  },
  listing: {
    path: '/run/virt-shaper/table-as-listed',
    what: 'the ruleset that was committed last, and how nft then lists it',
    written: 'each load; a guest by itself is noted without a listing',
    loss: 'the table counts as changed, and the next load commits it again',
  },
  seen: {
    path: '/run/virt-shaper/as-seen',
    what: 'the rules, and what nft and tc answered when there was nothing to do',
    written: 'a load that found nothing to do',
    loss: 'the next sync reads and compares all of it',
  },
  journal: {
    path: '/run/virt-shaper/journal',
    what: 'the batches that are running, and for people what was in force before them',
    written: 'each load that changes something; until its end',
    loss: 'a clsact that a killed load left is taken for one of others',
  },
  spare: {
    path: '/run/virt-shaper/in-force',
    what: 'with a number behind it: the rules in force while the disk has no room for them',
    written: 'a load that finds /var full; until one finds room',
    loss: 'as of `good`',
  },
  foreignTaps: {
    path: '/run/virt-shaper/foreign-taps',
    what: 'taps that had a clsact before ours',
    written: 'each load; a tap until it is gone',
    loss: 'unload takes that clsact out, where nothing is left in it',
  },
  formerSettings: {
    path: '/run/virt-shaper/former-settings',
    what: 'what the settings of the kernel were',
    written: 'the load that changes one; until unload',
    loss: 'unload leaves them as they are',
  },
  history: {
    path: '/run/virt-shaper/history.json',
    what: 'how many loads there were, how many failed, and how the last one ended',
    written: 'each load that changes something or fails',
    loss: 'it counts from the beginning',
  },
  pending: {
    path: '/run/virt-shaper/confirm',
    what: 'a load that waits for its confirmation: until when, and the rules that come back otherwise',
    written: '`--confirm`; until it is confirmed, taken back or overtaken',
    loss: 'as if it were confirmed',
  },
  undone: {
    path: '/run/virt-shaper/confirm.undone',
    what: 'which load that waited was taken back, or was overtaken by another load or an unload',
    written: 'who takes it back or overtakes it; until who waits for it has said so, or another load waits',
    loss: 'who waits says nothing',
  },
  held: {
    path: '/run/virt-shaper/held',
    what: 'the configuration that counts after a load that was not confirmed, as files',
    written: 'who takes a load back; until the next render or apply',
    loss: 'the present configuration counts',
  },
  lastGood: {
    path: '/run/virt-shaper/last-good',
    what: 'the configuration in force, as files',
    written: 'the hook and the timer, from `.source.json`',
    loss: 'it is laid out again',
  },
  syncRules: {
    path: '/run/virt-shaper/sync',
    what: 'rules that are not to take the place of those in rules.d: of a sync while somebody has rendered there, or while the disk is full',
    written: 'the hook and sync',
    loss: 'they are made again',
  },
  dryRules: {
    path: '/run/virt-shaper/dry-run',
    what: 'the rules that an apply would load',
    written: '`apply --dry-run`; until its end',
    loss: 'nothing',
  },
  volumes: {
    path: '/run/virt-shaper/volumes.json',
    what: 'what was used of each volume by the last sync, and the credit of guests with a boost',
    written: 'sync, where the configuration has a quota or a boost',
    loss: 'the ledger knows what was used; credit begins anew',
  },
  lastSync: {
    path: '/run/virt-shaper/last-sync',
    what: 'when the last sync was, by its time, and what it warned of',
    written: 'each sync, and apply',
    loss: 'doctor and the log hear of it once more',
  },
  syncLock: {
    path: '/run/virt-shaper/sync.lock',
    what: 'held by a sync that waits for things to settle, with its number in it, so that hooks know who reads their notes',
    written: '`sync --settle`; the number until it begins',
    loss: 'it is made again',
  },
  syncWanted: {
    path: '/run/virt-shaper/sync-wanted',
    what: 'that somebody wants a sync: virt-shaper-sync.path waits for it',
    written: 'the hook, udev, nftables.service or an administrator; until a sync takes it and begins',
    loss: 'the timer syncs within a minute',
  },
  hookCalled: {
    path: '/run/virt-shaper/hook-called',
    what: 'with a driver behind it: that libvirt has called its hook since boot',
    written: 'the hook',
    loss: 'doctor and hooks status do not know whether it is called',
  },
  hookTold: {
    path: '/run/virt-shaper/hook-told',
    what: 'how the last call for each guest ended, a file each',
    written: 'the hook; until the guest ends',
    loss: 'a call that says nothing new is made once more',
  },
  hookCalls: {
    path: '/run/virt-shaper/hook-calls',
    what: 'starts and stops that wait to become one load, and their answers',
    written: 'the hook; until each has its answer',
    loss: 'each hook begins Node.js for itself',
  },
  metricsLock: {
    path: '/run/virt-shaper/metrics.lock',
    what: 'held while metrics are written',
    written: '`metrics --output`',
    loss: 'it is made again',
  },
} satisfies Record<string, StoreFile>;

export const storeFiles = { ...lastingFiles, ...bootFiles };

export type StoreName = keyof typeof storeFiles;

// A guest that sends all the time, more than it may, and what came of it: HTB's own counters tell whether any of its
// packets went unshaped (they are in the class of everything else then) and whether its class was ever made anew.
import { type ChildProcess, spawn } from 'node:child_process';
import { type Counter, counterOf } from './guests.ts';

/** UDP, some 60 mbit a second however late a timer is, from the first guest to the wire. */
const sender = `const { createSocket } = require('node:dgram');
const socket = createSocket('udp4').bind(0, '192.0.2.10');
const packet = Buffer.alloc(1400);
const begin = performance.now();
let sent = 0;
setInterval(() => {
  const due = (performance.now() - begin) * 5.4;
  for (; sent < due; sent += 1) socket.send(packet, 9, '192.0.2.1', () => {});
}, 1);`;

export function startFlood(): ChildProcess {
  return spawn('ip', ['netns', 'exec', 'guests', process.execPath, '-e', sender], { stdio: 'ignore' });
}

export interface Watch {
  /** How often was looked. */
  looks: number;
  /** Packets of the guest, and of everything else, since it began. */
  shaped: number;
  unshaped: number;
  /** Whether a class was ever missing, or began to count anew. */
  broken: boolean;
  /** Bits per second that were let through, all the time. */
  rate: number;
}

/** Looks every 50 ms until it is told to stop. */
export function watch(classes: { guest: string; others: string }): () => Watch {
  const seen: { time: number; guest: Counter | undefined; others: Counter | undefined }[] = [];
  const look = () => {
    seen.push({
      time: performance.now(),
      guest: counterOf('eth0', classes.guest),
      others: counterOf('eth0', classes.others),
    });
  };
  look();
  const timer = setInterval(look, 50).unref(); // A test that fails does not wait for it.
  return () => {
    clearInterval(timer);
    look();
    return summarise(seen);
  };
}

function summarise(seen: { time: number; guest: Counter | undefined; others: Counter | undefined }[]): Watch {
  const first = seen[0];
  const last = seen.at(-1);
  const broken = seen.some((one, place) => {
    const before = seen[place - 1] ?? one;
    if (!one.guest || !one.others || !before.guest || !before.others) return true;
    return one.guest.packets < before.guest.packets || one.others.packets < before.others.packets;
  });
  const grown = (of: 'guest' | 'others', what: 'bytes' | 'packets') =>
    (last?.[of]?.[what] ?? 0) - (first?.[of]?.[what] ?? 0);
  return {
    looks: seen.length,
    shaped: grown('guest', 'packets'),
    unshaped: grown('others', 'packets'),
    broken,
    rate: (grown('guest', 'bytes') * 8000) / ((last?.time ?? 0) - (first?.time ?? 0)),
  };
}

// Frames as a tenant makes them: any addresses, any size, past every socket's good manners. Perl sends them, which
// Debian always has; its clock is /proc/uptime, so it is given 10 ms worth of frames at a time.
import { isIPv6 } from 'node:net';
import type { Namespace, Running } from '../support/netns.ts';

export interface Sending {
  frame: Buffer;
  /** Bits per second of whole frames. */
  rate: number;
  seconds: number;
  /** Seconds of sending and of silence in turn; all the time unless told. */
  turns?: { on: number; off: number };
  /** Payload of each of the pieces that `frame`, of `tcp`, is to be cut into, as a guest leaves it to the NIC (GSO). */
  gso?: number;
}

const sender = `
my ($device, $hex, $rate, $seconds, $on, $off, $gso) = @ARGV;
open my $f, '<', "/sys/class/net/$device/ifindex" or die "$device: $!";
my $to = pack 'SnlSCCa8', 17, 0, <$f>, 0, 0, 6, '';
socket my $s, 17, 3, 0 or die "socket: $!";
setsockopt $s, 1, 32, pack 'i', 1 << 23; # SO_SNDBUFFORCE: what waits in a queue keeps it from sending
my $frame = pack 'H*', $hex;
my $length = length $frame;
if ($gso) { # PACKET_VNET_HDR, and the header of virtio
  setsockopt $s, 263, 15, pack 'i', 1 or die "gso: $!";
  $frame = pack('CCSSSS', 1, 1, 54, $gso, 34, 16) . $frame;
}
sub now { open my $u, '<', '/proc/uptime'; (split ' ', <$u>)[0] }
my ($began, $sent) = (now(), 0);
for (;;) {
  my $passed = now() - $began;
  last if $passed >= $seconds;
  my $busy = $passed;
  if ($off) {
    my $in = $passed - int($passed / ($on + $off)) * ($on + $off);
    $busy = int($passed / ($on + $off)) * $on + ($in < $on ? $in : $on);
  }
  my $due = $rate * ($busy + 0.01) / 8 / $length;
  for (my $n = 0; $sent < $due && $n < 256; $n++, $sent++) { send $s, $frame, 0, $to }
  select undef, undef, undef, 0.001 if $sent >= $due;
}
`;

/** Until the time is over, or it is killed. */
export function sendFrames(
  space: Namespace,
  device: string,
  { frame, rate, seconds, turns = { on: 1, off: 0 }, gso = 0 }: Sending,
): Running {
  const args = [device, frame.toString('hex'), rate, seconds, turns.on, turns.off, gso].map(String);
  return space.start('perl', ['-e', sender, ...args], { timeout: (seconds + 60) * 1000 });
}

interface Ends {
  /** Ethernet addresses. */
  from: string;
  to: string;
}

export function ether({ from, to }: Ends, type: number, payload: Buffer): Buffer {
  const mac = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex');
  return Buffer.concat([mac(to), mac(from), short(type), payload]);
}

/** Of a type that no kernel knows, so that only bridges care. @param size of the whole frame */
export function unknown(ends: Ends, size: number): Buffer {
  return ether(ends, 0x88b5, Buffer.alloc(size - 14, 'x'));
}

/** @param size of the whole frame, IPv4 or IPv6 by its addresses */
export function udp(ends: Ends, source: string, target: string, size: number): Buffer {
  const headers = isIPv6(target) ? 54 : 34;
  const text = Buffer.alloc(size - headers - 8, 'x');
  // IPv6 wants a checksum, which nobody looks at who only forwards.
  const datagram = Buffer.concat([short(9), short(9), short(8 + text.length), short(0), text]);
  return internet(ends, source, target, 17, datagram);
}

/** @param size of the whole frame, IPv4 or IPv6 by its addresses */
export function tcp(ends: Ends, source: string, target: string, size: number): Buffer {
  const headers = isIPv6(target) ? 54 : 34;
  const head = Buffer.concat([
    short(9),
    short(9),
    Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10]),
    short(1000),
  ]);
  const rest = Buffer.alloc(size - headers - 16, 'x').fill(0, 0, 4);
  return internet(ends, source, target, 6, Buffer.concat([head, rest]));
}

/** A question that who gets it answers to `source`, in as many bytes. */
export function echo(ends: Ends, source: string, target: string, size: number): Buffer {
  const six = isIPv6(target);
  const text = Buffer.alloc(size - (six ? 54 : 34) - 8, 'p');
  const message = Buffer.concat([Buffer.from([six ? 128 : 8, 0, 0, 0, 0, 7, 0, 7]), text]);
  const pseudo = six
    ? [inet6(source), inet6(target), Buffer.from([0, 0, ...short(message.length), 0, 0, 0, 58])]
    : [];
  message.writeUInt16BE(checksum(Buffer.concat([...pseudo, message])), 2);
  return internet(ends, source, target, six ? 58 : 1, message);
}

/** Of STP: "I am the root", as only a bridge with this address and the lowest priority can be. */
export function bpdu(from: string, root: string): Buffer {
  const id = Buffer.concat([short(0), Buffer.from(root.replaceAll(':', ''), 'hex')]);
  const cost = Buffer.alloc(4);
  const timers = Buffer.from([0x80, 1, 0, 0, 20, 0, 2, 0, 15, 0]);
  const message = Buffer.concat([Buffer.from([0x42, 0x42, 3, 0, 0, 0, 0, 1]), id, cost, id, timers]);
  return ether({ from, to: '01:80:c2:00:00:00' }, message.length, Buffer.concat([message, Buffer.alloc(8)]));
}

/** "`address` is at `at`", to one who believes it. */
export function arpReply(ends: Ends, address: string, at: string, target: string): Buffer {
  const mac = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex');
  const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, 2]);
  return ether(ends, 0x0806, Buffer.concat([head, mac(at), inet4(address), mac(ends.to), inet4(target)]));
}

function internet(ends: Ends, source: string, target: string, protocol: number, payload: Buffer): Buffer {
  if (isIPv6(target)) {
    const head = Buffer.concat([
      Buffer.from([0x60, 0, 0, 0]),
      short(payload.length),
      Buffer.from([protocol, 64]),
    ]);
    return ether(ends, 0x86dd, Buffer.concat([head, inet6(source), inet6(target), payload]));
  }
  const head = Buffer.concat([
    Buffer.from([0x45, 0]),
    short(20 + payload.length),
    Buffer.from([0, 1, 0, 0, 64, protocol, 0, 0]),
    inet4(source),
    inet4(target),
  ]);
  head.writeUInt16BE(checksum(head), 10);
  return ether(ends, 0x0800, Buffer.concat([head, payload]));
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt8(at) * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function short(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

function inet4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function inet6(address: string): Buffer {
  const [left = '', right] = address.split('::');
  const groups = (text: string) => text.split(':').filter(Boolean);
  const missing = right === undefined ? 0 : 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...Array.from({ length: missing }, () => '0'), ...groups(right ?? '')];
  return Buffer.concat(all.map((group) => short(Number.parseInt(group, 16))));
}

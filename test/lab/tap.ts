// A guest's driver at its tap, as QEMU hands on what it does: frames with the header of virtio, of which every field is the
// guest's to choose, and the changes that it may make to the tap's queues, offloads and carrier.
import type { Namespace, Running } from '../support/netns.ts';

export const steps = ['none', 'offloads', 'queues', 'carrier', 'reload'] as const;

export interface Driving {
  frame: Buffer;
  /** struct virtio_net_hdr; of a frame that is whole unless told. */
  header?: Buffer;
  /** Bits per second of frames as they are handed over. */
  rate: number;
  seconds: number;
  /** What it does first. */
  step?: (typeof steps)[number];
}

/** What a frame is to be cut into, and where the NIC is to put a checksum. */
export interface Offload {
  kind: 'none' | 'tcp4' | 'udp4' | 'tcp6' | 'udp';
  /** Payload of each piece. */
  piece: number;
  /** Of all headers of the frame, as the guest says. */
  headers: number;
  /** Where what is summed begins, and in it the sum; without it, nothing is to be summed. */
  sum?: { start: number; at: number };
}

const kinds = { none: 0, tcp4: 1, udp4: 3, tcp6: 4, udp: 5 };

export function virtioHeader({ kind, piece, headers, sum }: Offload): Buffer {
  const made = Buffer.alloc(10);
  made.writeUInt8(sum ? 1 : 0, 0);
  made.writeUInt8(kinds[kind], 1);
  for (const [at, value] of [headers, piece, sum?.start ?? 0, sum?.at ?? 0].entries())
    made.writeUInt16LE(value, 2 + 2 * at);
  return made;
}

/** TUNSETIFF, TUNSETOFFLOAD, TUNSETQUEUE, TUNSETCARRIER. What it is sent is read, as a guest does. */
const driver = `
my ($tap, $hex, $rate, $seconds, $step) = @ARGV;
sub queue {
  sysopen my $f, '/dev/net/tun', 04002 or die "tun: $!";
  ioctl $f, 0x400454ca, pack 'a16Sx22', $tap, 0x5102 or die "$tap: $!";
  $f;
}
sub attached { ioctl $_[0], 0x400454d9, pack 'a16Sx22', '', $_[1] ? 0x200 : 0x400 or die "queue: $!" }
sub carrier { ioctl $_[0], 0x400454e2, pack 'i', $_[1] }
sub now { open my $u, '<', '/proc/uptime'; (split ' ', <$u>)[0] }
my $frame = pack 'H*', $hex;
my $length = length($frame) - 10;
my @queues = queue();
my @senders = @queues;
if ($step eq 'offloads') { ioctl $queues[0], 0x400454d0, $_ or die "offloads: $!" for 7, 0 }
if ($step eq 'queues') {
  push @queues, queue() for 1 .. 3;
  for (1 .. 3) { attached($queues[1], 0); attached($queues[1], 1) }
  attached($queues[3], 0);
  @senders = @queues[0 .. 2];
}
if ($step eq 'carrier') { carrier($queues[0], 0); select undef, undef, undef, 0.2; carrier($queues[0], 1) }
if ($step eq 'reload') {
  push @queues, queue() for 1 .. 3;
  close $_ for @queues;
  select undef, undef, undef, 0.2;
  @senders = @queues = queue();
}
my ($began, $sent) = (now(), 0);
for (;;) {
  my $passed = now() - $began;
  last if $passed >= $seconds;
  my $due = $rate * ($passed + 0.01) / 8 / $length;
  for (my $n = 0; $sent < $due && $n < 64; $n++, $sent++) { syswrite $senders[$sent % @senders], $frame }
  for my $one (@queues) { 1 while sysread $one, my $got, 70000 }
  select undef, undef, undef, 0.0005 if $sent >= $due;
}
`;

/** A tap in place of the guest's cable, with as many queues as it likes. */
export async function makeTap(space: Namespace, tap: string, bridge: string): Promise<void> {
  await space.ip(
    `link delete ${tap}`,
    `tuntap add dev ${tap} mode tap vnet_hdr multi_queue`,
    `link set ${tap} master ${bridge} up`,
  );
}

/** Until the time is over, or it is killed. */
export function driveTap(
  space: Namespace,
  tap: string,
  { frame, header = Buffer.alloc(10), rate, seconds, step = 'none' }: Driving,
): Running {
  const all = Buffer.concat([header, frame]).toString('hex');
  return space.start('perl', ['-e', driver, tap, all, `${rate}`, `${seconds}`, step], {
    timeout: (seconds + 60) * 1000,
  });
}

/** Without them the host cuts what it is handed before it leaves by this device: SIOCETHTOOL, of checksums and of TSO. */
const without = `
socket my $s, 2, 2, 0 or die "socket: $!";
for my $what (0x17, 0x1f) {
  my $value = pack 'LL', $what, 0;
  ioctl $s, 0x8946, pack 'a16Px16', $ARGV[0], $value or die "offloads of $ARGV[0]: $!";
}
`;

export async function cutByHost(space: Namespace, device: string): Promise<void> {
  await space.run('perl', ['-e', without, device]);
}

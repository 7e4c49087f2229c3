// A first config.toml from what was found on a host. It limits nobody: guests stand in it as comments, with
// values that would not limit them either, so that what is taken in use is always somebody's own decision.

import { escapeName } from '../config/pattern.ts';
import { label } from '../text/label.ts';
import { tomlComment, tomlKey } from '../toml/write.ts';
import { formatRate } from '../units/rate.ts';

export interface FoundHost {
  uplinks: FoundLink[];
  /** Bridges whose uplink is not clear, and the ports among which somebody has to choose. */
  undecided: { bridge: string; reason: string; ports: string[] }[];
  /** Bridges that lead nowhere by a port of theirs. */
  isolated: string[];
  /** In name order. */
  guests: FoundGuest[];
}

export interface FoundLink {
  name: string;
  /** Several where it is below ports of several. */
  bridges: string[];
  /** Whether it is where the host routes what guests of libvirt's networks send. */
  routed?: true;
  /** Bits per second; absent when the kernel does not know. */
  speed?: number;
}

export interface FoundGuest {
  name: string;
  /** Known to libvirt and not running. */
  off?: boolean;
  nics: { tap: string; bridge?: string; uplink?: string; bandwidth: boolean }[];
  /** NICs of kinds that are not shaped, each with the reason. */
  skipped: { nic: string; reason: string }[];
}

const intro = `# virt-shaper's configuration, begun by "virt-shaper init" from what it found on this host. As it stands it limits
# nobody: the guests below are comments. To go on:
#
#   1. Take the "# " from the lines of a guest and write what it shall have. rate is what it is guaranteed, ceil
#      what it may reach while others leave room; both count for each direction by itself, and may differ:
#      ceil = { out = "30mbit", in = "100mbit" }, where out is what the guest sends.
#   2. virt-shaper check            finds mistakes and shows what each guest would have
#   3. virt-shaper hooks install    lets libvirt call virt-shaper for guests that start (a package has done it)
#   4. virt-shaper apply            puts it in force for the guests that run; from afar: apply --confirm 60
#   5. virt-shaper status           shows who has what now
#   6. systemctl enable --now virt-shaper    for every boot, and for NICs that are plugged in; where systemd runs
`;

const defaults = `[defaults]
# A guest without an entry: "ignore" leaves it alone, "shape" gives it the two values below, "refuse" does not let
# it start.
unlisted = "ignore"
# What a guest gets where its entry is silent.
`;

export function firstConfig(host: FoundHost): string {
  const fastest = Math.max(0, ...host.uplinks.map(({ speed }) => speed ?? 0)) || usualSpeed;
  return [
    intro,
    `${defaults}rate = "${formatRate(shareOf(fastest, 50))}"\nceil = "${formatRate(fastest)}"\n`,
    ...uplinkParts(host),
    ...guestParts(host),
  ].join('\n');
}

/** Bits per second, to write where nothing is known; and what is then assumed of a link. */
const usualSpeed = 1_000_000_000;
const assumedSpeed = 10_000_000_000;

function uplinkParts({ uplinks, undecided, isolated }: FoundHost): string[] {
  const title = '# Uplinks: the side of a bridge where the wire is.\n';
  const none =
    uplinks.length + undecided.length > 0
      ? []
      : [
          '# None was found: virt-shaper shapes what crosses a bridge from a guest to a NIC.\n#\n# [uplink.eth0]\n# bridge = "br0"\n',
        ];
  return [
    title + none.join(''),
    ...uplinks.map(uplinkTable),
    ...undecided.map(({ bridge, reason, ports }) => {
      const tables = ports.map((port) => `#\n# [uplink.${tomlKey(port)}]\n# bridge = "${bridge}"\n`);
      return `${tomlComment(reason)}${tables.join('')}`;
    }),
    ...isolated.map((bridge) =>
      tomlComment(
        `${label(bridge)} leads nowhere by a port of its own (routed, or isolated): guests are not shaped there.`,
      ),
    ),
  ];
}

function uplinkTable({ name, bridges, routed, speed }: FoundLink): string {
  const quoted = bridges.map((bridge) => `"${bridge}"`).join(', ');
  const ceil =
    speed === undefined
      ? '# The kernel does not know how fast this link is, and 10gbit is assumed: write what it has.\n' +
        `# ceil = "${formatRate(usualSpeed)}"\n`
      : `# As fast as the kernel reports, now ${formatRate(speed)}. Where the line behind it has less, write that:\n` +
        `# ceil = "${formatRate(speed)}"\n`;
  const bridge = bridges.length > 0 ? `bridge = ${bridges.length > 1 ? `[${quoted}]` : quoted}\n` : '';
  const way = routed
    ? '# Guests on libvirt\'s own networks reach it by way of the host.\nrouted = "libvirt"\n'
    : '';
  return `[uplink.${tomlKey(name)}]\n${bridge}${way}${ceil}`;
}

function guestParts(host: FoundHost): string[] {
  const title =
    host.guests.length > 0
      ? '# The guests of this host, each with an equal share of its link and a ceil that limits nothing. Lower both: a rate\n' +
        '# is never more than its ceil. Without a line for it, the rate of [defaults] counts, cut to the ceil.\n'
      : '# Guests: none is here. By name, or several by a pattern such as [guest."web-*"]:\n#\n' +
        '# [guest.NAME]\n# rate = "10mbit"\n# ceil = "100mbit"\n';
  const groups =
    '# Guests may share a ceil. Write it here, and group = "friends" in the lines of each of them:\n#\n' +
    '# [group.friends]\n# ceil = "100mbit"\n';
  return [title, ...host.guests.map((guest) => guestTable(guest, host)), groups, changing];
}

const changing = `# Limits may change by themselves. At certain hours, for a guest or a group:
#
# [[group.friends.when]]
# time = ["mon..fri 08:00-18:00"]
# ceil = "50mbit"
#
# Once a volume is used up, until its period ends; of a group all members use it together:
#
# [group.friends.quota]
# volume = "2tb"
# every = "month"
# then = { ceil = "10mbit" }
#
# More than its ceil for a guest that has left some of it: [guest.NAME.boost], with a ceil and a volume. For now only,
# by hand: virt-shaper limit.
`;

function guestTable({ name, nics, skipped, off }: FoundGuest, host: FoundHost): string {
  const speeds = host.uplinks.filter(({ name: uplink }) => nics.some((nic) => nic.uplink === uplink));
  const shares = speeds.map((uplink) => shareOf(uplink.speed ?? usualSpeed, guestsOn(uplink.name, host)));
  const remarks = [
    ...(off ? ['shut off now'] : []),
    ...nics.map(({ tap, bridge, uplink }) => {
      const way = uplink ? `, by ${uplink}` : ', not shaped there';
      return bridge ? `${tap} on ${label(bridge)}${way}` : `${tap} on no bridge, not shaped`;
    }),
    ...skipped.map(({ nic, reason }) => `${label(nic)} not shaped: ${reason}`),
    ...(nics.some(({ bandwidth }) => bandwidth)
      ? ["libvirt's own <bandwidth> limits it: leave one of the two out"]
      : []),
  ];
  const rate = shares.length > 0 ? Math.min(...shares) : shareOf(usualSpeed, 100);
  const ceil = Math.max(0, ...speeds.map(({ speed }) => speed ?? assumedSpeed)) || usualSpeed;
  return [
    ...remarks.map(tomlComment),
    `# [guest.${tomlKey(escapeName(name))}]\n`,
    `# rate = "${formatRate(rate)}"\n`,
    `# ceil = "${formatRate(ceil)}"\n`,
  ].join('');
}

function guestsOn(uplink: string, { guests }: FoundHost): number {
  return guests.filter(({ nics }) => nics.some((nic) => nic.uplink === uplink)).length;
}

/** A round figure: of nine tenths of the link, since what is no guest's needs some of it. */
function shareOf(speed: number, guests: number): number {
  const share = (speed * 0.9) / Math.max(1, guests);
  const unit = 10 ** Math.floor(Math.log10(share));
  const digit = [5, 2, 1].find((one) => one * unit <= share) ?? 1;
  return Math.max(8000, digit * unit);
}

// Somebody's own tables beside ours: what they do to marks and priorities before us, after us, and at other hooks.
import { existsSync, readFileSync } from 'node:fs';
import {
  type Action,
  attempt,
  type Done,
  damage,
  foreign,
  harmless,
  onTap,
  onUplink,
  pickNic,
} from './action.ts';

/** A table with one chain and rules in it, which goes as a whole. */
function chain(
  table: string,
  hook: string,
  rules: string,
  spoils?: Done['spoils'],
  before = '',
): Done | undefined {
  const text = `table ${table} { chain theirs { type filter hook ${hook}; ${rules}; }; }\n`;
  return foreign(`${before}nft -f -`, `nft delete table ${table}`, spoils, text);
}

const everything = () => true;

/** What needs its mark to the end; of what the host routes both ways. */
const onMark: Done['spoils'] = ({ routed }, way) => way === 'in' || routed === true;

const onRouted: Done['spoils'] = ({ routed }) => routed === true;
const netfilter = '/proc/sys/net/bridge/bridge-nf-call-iptables';

export const chainActions: Record<string, Action> = {
  'mark set after ours, bridge forward': () =>
    chain('bridge theirs1', 'forward priority 300', 'meta mark set 7', onMark),
  'priority set after ours, bridge postrouting': () =>
    chain('bridge theirs2', 'postrouting priority 300', 'meta priority set 0x00070007', everything),
  'mark set after ours, bridge postrouting, one tap': (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { tap } = picked.nic;
    const rule = `oifname ${tap} meta mark set 7`;
    return chain('bridge theirs3', 'postrouting priority 0', rule, onTap(tap, 'in'));
  },
  "mark set at a tap's egress": (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { tap } = picked.nic;
    return chain('netdev theirs4', `egress device ${tap} priority 0`, 'meta mark set 7', onTap(tap, 'in'));
  },
  "priority set at an uplink's egress": (world, random) => {
    const { name } = random.pick(world.uplinks);
    const rule = 'meta priority set 0x00070007';
    return chain('netdev theirs5', `egress device ${name} priority 0`, rule, onUplink(name, 'out'));
  },
  'mark set after ours by br_netfilter': () => {
    if (!existsSync(netfilter)) return undefined;
    const former = readFileSync(netfilter, 'utf8').trim();
    const on = `echo 1 >${netfilter}; `;
    const rule = 'meta mark set 7';
    const done = chain('ip theirs6', 'postrouting priority mangle', rule, onMark, on);
    const undo = () => {
      done?.undo?.();
      attempt(`echo ${former} >${netfilter}`);
    };
    return done && { ...done, undo };
  },
  'priority set after ours by br_netfilter': () => {
    if (!existsSync(netfilter)) return undefined;
    const former = readFileSync(netfilter, 'utf8').trim();
    const rule = 'meta priority set 0x00070007';
    const done = chain('inet theirs7', 'postrouting priority 0', rule, everything, `echo 1 >${netfilter}; `);
    const undo = () => {
      done?.undo?.();
      attempt(`echo ${former} >${netfilter}`);
    };
    return done && { ...done, undo };
  },
  'mark of routed frames taken': () =>
    chain('inet theirs12', 'postrouting priority mangle', 'meta mark set 7', onMark),
  'mark restored from conntrack': () =>
    chain('inet theirs13', 'postrouting priority mangle', 'meta mark set ct mark', onMark),
  'mark of what the host gets taken': () =>
    chain('inet theirs14', 'prerouting priority mangle', 'meta mark set 7', onRouted),
  'class of routed frames taken': () =>
    chain('inet theirs15', 'postrouting priority 310', 'meta priority set 0x00070007', everything),
  'reflected marks switched off': () =>
    damage('echo 0 >/proc/sys/net/ipv4/fwmark_reflect; echo 0 >/proc/sys/net/ipv6/fwmark_reflect'),
  'priority of routed frames kept': () => {
    const file = '/proc/sys/net/ipv4/ip_forward_update_priority';
    return harmless(foreign(`echo 0 >${file}`, `echo 1 >${file}`));
  },
  'IP rules see what a bridge forwards, or no more': () => {
    if (!existsSync(netfilter)) return undefined;
    const set = (value: string) =>
      `for family in ip ip6; do echo ${value} >/proc/sys/net/bridge/bridge-nf-call-\${family}tables; done`;
    const former = readFileSync(netfilter, 'utf8').trim();
    return harmless(foreign(set(former === '1' ? '0' : '1'), set(former)));
  },
  'mark set before ours': () =>
    harmless(
      chain('bridge theirs8', 'forward priority -200', 'meta mark set 7 meta priority set 0x00070007'),
    ),
  "mark set at a tap's ingress": (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const hook = `ingress device ${picked.nic.tap} priority 0`;
    return harmless(chain('netdev theirs9', hook, 'meta mark set 7'));
  },
  'a table that counts': () =>
    harmless(chain('bridge theirs10', 'postrouting priority 300', 'counter accept')),
  'a table of the host': () => harmless(chain('inet theirs11', 'output priority 0', 'meta mark set 7')),
};

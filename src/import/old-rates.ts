// Each guest's rate and ceil, made consistent. HTB limited a rate above its ceil to the ceil (a class without ceil tokens does
// not send), so lowering the rate changes the text and not the traffic.
import { formatRate } from '../units/rate.ts';
import type { Notes } from './notes.ts';
import type { OldGuest } from './old-values.ts';

/** In bits per second. A value that [defaults] has anyway is left out. */
export interface Settled extends Omit<OldGuest, 'rate' | 'ceil'> {
  rate: number;
  ceil: number;
  write: { rate: boolean; ceil: boolean };
}

/** The built-in values, where neither the guest nor [defaults] has one. */
const defaults = { rate: 100e6, ceil: 1e9 };

/** @param link the ceil of the guest's device, if it has one */
export function settleRates(old: OldGuest, link: number | undefined, notes: Notes): Settled {
  const { guest, device, offset } = old;
  // A rate above the default ceil needs a ceil of its own.
  const ceil = old.ceil?.value ?? Math.max(defaults.ceil, old.rate?.value ?? 0);
  const most = Math.min(ceil, link ?? ceil);
  const wanted = old.rate?.value ?? defaults.rate;
  const rate = Math.min(wanted, most);

  const compare = 'the old hook had defaults of its own: compare';
  if (old.ceil === undefined) {
    const source = ceil === defaults.ceil ? "virt-shaper's default" : 'its rate';
    notes.warning(
      offset,
      `no ceil for ${guest} on ${device}: it gets ${formatRate(ceil)}, ${source}`,
      compare,
    );
  }
  const bound = most === ceil ? 'its ceil' : `the ceil of ${device}`;
  if (old.rate === undefined) {
    const source = rate === defaults.rate ? "virt-shaper's default" : bound;
    notes.warning(
      offset,
      `no rate for ${guest} on ${device}: it gets ${formatRate(rate)}, ${source}`,
      compare,
    );
  } else if (rate < wanted) {
    const message = `the rate of ${guest} on ${device} is lowered to ${bound}, ${formatRate(rate)}`;
    notes.warning(old.rate.offset, message, `if it needs ${formatRate(wanted)}, raise ${bound}`);
  }
  const write = {
    rate: old.rate !== undefined || rate !== defaults.rate,
    ceil: old.ceil !== undefined || ceil !== defaults.ceil,
  };
  return { ...old, rate, ceil, write };
}

/** Warns of oversubscribed links: guarantees that sum to more than the link. virt-shaper scales them once that many guests run. */
export function saySums(members: Settled[], ceil: number | undefined, whose: string, notes: Notes): void {
  let sum = 0;
  for (const { rate, offset } of members) {
    const before = sum;
    sum += rate;
    if (ceil === undefined || sum <= ceil || before > ceil) continue;
    const total = formatRate(members.reduce((all, member) => all + member.rate, 0));
    const message = `the rates ${whose} add up to ${total}, more than the ceil of ${formatRate(ceil)}`;
    notes.warning(offset, message, 'virt-shaper scales them down while more guests run than fit');
  }
}

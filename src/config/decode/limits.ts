// local = "100mbit", pps = 5000, storm = "1mbit" or packets per second: what a guest may send inside the host, and how
// many packets at all. "off" takes out what a group or [defaults] says. The bounds are those in which nft counts exactly.
import { formatPath } from '../../toml/write.ts';
import { formatRate } from '../../units/rate.ts';
import type { LimitSettings, PacketRate, Setting } from '../config.ts';
import type { Decoder, Fields } from './fields.ts';
import { integer, rate } from './values.ts';

const leastRate = 8000;
const mostRate = 100_000_000_000;
const mostPackets = 10_000_000;

const packets = integer(
  (number) => number >= 1 && number <= mostPackets,
  `a whole number of packets per second from 1 to ${mostPackets}, or "off"`,
);

const local = orOff<number>((entry, path, findings) => {
  const bits = rate(entry, path, findings);
  if (!bits || (bits.value >= leastRate && bits.value <= mostRate)) return bits;
  const bounds = `from ${formatRate(leastRate)} to ${formatRate(mostRate)}`;
  return findings.error(
    entry.value.at,
    `${formatPath(path)}: must be ${bounds}, not ${formatRate(bits.value)}`,
    'leave it out, or write "off", and nothing is limited',
  );
});

const pps = orOff<number>(packets);

/** Text: bits per second, a number: packets per second. */
const storm = orOff<number | PacketRate>((entry, path, findings) => {
  if (entry.value.type !== 'number') return local(entry, path, findings) as Setting<number> | undefined;
  const count = packets(entry, path, findings);
  return count && { ...count, value: { packets: count.value } };
});

export function decodeLimits(fields: Fields): LimitSettings {
  return {
    ...fields.optional('local', local),
    ...fields.optional('pps', pps),
    ...fields.optional('storm', storm),
  };
}

function orOff<T>(decode: Decoder<Setting<T>>): Decoder<Setting<T | 'off'>> {
  return (entry, path, findings) => {
    const { value } = entry;
    return value.type === 'string' && value.value === 'off'
      ? { value: 'off', at: value.at }
      : decode(entry, path, findings);
  };
}

// macs = ["52:54:00:12:34:56", ...] or "any": which frames from an uplink are a guest's own, besides those to the
// addresses of its XML. Guests that bridge guests of their own, or share an address (VRRP), need it.
import { formatPath } from '../../toml/write.ts';
import type { Setting } from '../config.ts';
import type { Decoder } from './fields.ts';
import { text } from './values.ts';

const hint = 'an address is six bytes, as in "52:54:00:12:34:56"; or write macs = "any"';

/** One address, a list of them, or "any". */
export const macs: Decoder<Setting<string>[] | 'any'> = ({ key, value }, path, findings) => {
  if (value.type === 'string' && value.value === 'any') return 'any';
  const items = value.type === 'list' ? value.items : [value];
  return items.flatMap((item) => {
    const written = text({ key, value: item }, path, findings);
    if (written === undefined) return [];
    const mac = written.value.toLowerCase().replaceAll('-', ':');
    const where = `${formatPath(path)}: ${JSON.stringify(written.value)}`;
    if (!/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) {
      return findings.error(item.at, `${where} is no Ethernet address`, hint) ?? [];
    }
    if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 1) {
      const advice = 'what is sent to many has a class of its own: [uplink.NAME.flooded]';
      return findings.error(item.at, `${where} is an address of many, not of one guest`, advice) ?? [];
    }
    return [{ ...written, value: mac }];
  });
};

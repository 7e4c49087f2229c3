// What is said of guests whose frames the host routes past their uplinks: they meet no class, and neither does what is
// answered, as it comes back by the same device.
import type { TapPlan } from '../../plan/plan.ts';
import { label } from '../../text/label.ts';
import { formatPath } from '../../toml/write.ts';
import type { Astray, Facts } from '../facts.ts';
import { type Fault, repair } from '../fault.ts';

export function astrayFaults({ name: tap, bridge }: TapPlan, { astray }: Pick<Facts, 'astray'>): Fault[] {
  const lost = astray.get(tap) ?? [];
  // Mostly both families leave alike.
  const alike = new Map<string, Astray[]>();
  for (const one of lost) {
    const key = `${one.isPart} ${one.devices.join(' ')}`;
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  return [...alike.values()].map((some) => {
    const { devices, isPart, isNew } = some[0] as Astray;
    const what = `${isPart ? 'some of ' : ''}what it sends by ${some.map(({ family }) => family).join(' and ')}`;
    const are = devices.length === 1 ? 'which is no uplink' : 'which are no uplinks';
    const reason = `the host routes ${what} to ${devices.map(label).join(' and ')}, ${are} of its: neither that nor what is answered meets a class`;
    const uplinks = devices.map((device) => `[${formatPath(['uplink', device])}]`).join(' and ');
    const remedy = isNew
      ? `${repair} finds ${devices.map(label).join(' and ')}`
      : `write routed = [${JSON.stringify(bridge)}] in ${uplinks}, too, or have the host route it to an uplink again`;
    return { kind: 'route', tap, reason, remedy };
  });
}

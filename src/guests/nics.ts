// <interface> elements -> the NICs to shape, and those that cannot be shaped with the reason. Only NICs on a Linux bridge can be
// shaped; libvirt's other types are named each.
import { isDeviceName } from '../units/units.ts';
import type { Nic, SkippedNic } from './guest.ts';
import { type Element, element, elementText } from './xml.ts';

export function decodeNics(devices: Element): { nics: Nic[]; skipped: SkippedNic[] } {
  const interfaces = Array.isArray(devices.interface) ? devices.interface : [];
  const nics: Nic[] = [];
  const skipped: SkippedNic[] = [];
  for (const [index, item] of interfaces.entries()) {
    const nic = decodeNic(element(item));
    if (typeof nic === 'string') skipped.push({ nic: nicLabel(element(item), index), reason: nic });
    else if (!nics.some(({ tap }) => tap === nic.tap)) nics.push(nic);
  }
  return { nics, skipped };
}

/** The NIC, or the reason why it cannot be shaped. */
function decodeNic(item: Element): Nic | string {
  // In a status file, <actual> has the type that a network's NIC was resolved to.
  const actual = element(item.actual);
  const type = elementText(actual['@type']) ?? elementText(item['@type']) ?? 'unknown';
  const bridge =
    elementText(element(actual.source)['@bridge']) ?? elementText(element(item.source)['@bridge']);
  const tap = elementText(element(item.target)['@dev']);
  const mac = elementText(element(item.mac)['@address']);
  if (!['bridge', 'network', 'ethernet'].includes(type)) {
    return `type='${type}'${type === 'direct' ? ' (macvtap)' : ''} does not cross a Linux bridge`;
  }
  if (
    [actual, item].some(({ virtualport }) => elementText(element(virtualport)['@type']) === 'openvswitch')
  ) {
    return 'Open vSwitch does its own shaping';
  }
  if (!bridge && type !== 'ethernet') return `type='${type}' names no bridge`;
  if (!tap) return 'has no tap on this host';
  if (bridge && !isDeviceName(bridge)) {
    return `its bridge has a name that virt-shaper does not take: ${JSON.stringify(bridge)}`;
  }
  if (!isDeviceName(tap)) return `its tap has a name that virt-shaper does not take: ${JSON.stringify(tap)}`;
  const filter = elementText(element(item.filterref)['@filter']);
  const limits = [item, actual].map(({ bandwidth }) => element(bandwidth));
  return {
    tap,
    ...(bridge ? { bridge } : {}),
    ...(mac ? { mac } : {}),
    ...(filter ? { filter } : {}),
    ...(limits.some(({ inbound, outbound }) => inbound ?? outbound) ? { bandwidth: true as const } : {}),
  };
}

function nicLabel(item: Element, index: number): string {
  return (
    elementText(element(item.target)['@dev']) ??
    elementText(element(item.mac)['@address']) ??
    `NIC ${index + 1}`
  );
}

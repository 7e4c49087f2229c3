// The last known speed of each uplink's link. While a link has no carrier, as at boot, the kernel knows no speed; without
// this file a guest that starts then would get its share of an assumed speed, and another share once the carrier comes. In
// /var/lib; its loss costs a warning.
import type { Device } from '../host/host.ts';
import { readJson, writeIfChanged } from '../system/files.ts';

interface Speeds {
  version: 1;
  /** Device -> bits per second. */
  speeds: Record<string, number>;
}

/** @returns the devices, with the last known speed in those whose speed the kernel does not know now */
export function withKnownSpeeds(file: string, devices: Map<string, Device>): Map<string, Device> {
  const all = new Map(devices);
  for (const [name, speed] of Object.entries(readSpeeds(file))) {
    const device = devices.get(name);
    if (device && !device.tap && !device.speed) all.set(name, { ...device, speed, isRemembered: true });
  }
  return all;
}

/** @param uplinks the devices whose speeds are stored */
export function rememberSpeeds(file: string, devices: Map<string, Device>, uplinks: string[]): void {
  const now = uplinks.flatMap((name) => {
    const { speed, isRemembered } = devices.get(name) ?? {};
    return speed && !isRemembered ? [[name, speed] as const] : [];
  });
  if (now.length === 0) return;
  const all = [...Object.entries(readSpeeds(file)).filter(([name]) => devices.has(name)), ...now];
  const speeds = Object.fromEntries([...new Map(all)].sort(([a], [b]) => (a < b ? -1 : 1)));
  writeIfChanged(file, `${JSON.stringify({ version: 1, speeds } satisfies Speeds)}\n`);
}

function readSpeeds(file: string): Record<string, number> {
  try {
    const { speeds } = readJson<Speeds>(file, { version: 1, speeds: {} });
    return Object.fromEntries(
      Object.entries(speeds).filter(([, speed]) => Number.isSafeInteger(speed) && speed > 0),
    );
  } catch {
    return {};
  }
}

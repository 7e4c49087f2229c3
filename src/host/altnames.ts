// Altnames of NICs: udev sets them for names too long for a device, administrators as they like. Only netlink knows them, so ip
// is called, and only about names that no device has.
import type { Run } from '../system/exec.ts';

/** @returns altname -> the device's name, for the names that are altnames */
export async function readAltnames(run: Run, names: string[]): Promise<Map<string, string>> {
  const found = await Promise.all(names.map((name) => readName(run, name)));
  return new Map(found.flatMap((real, at) => (real === undefined ? [] : [[names[at] ?? '', real] as const])));
}

async function readName(run: Run, name: string): Promise<string | undefined> {
  const { status, stdout } = await run('ip', ['-j', 'link', 'show', 'dev', name]);
  if (status !== 0) return undefined; // There is none.
  try {
    const [link] = JSON.parse(stdout) as { ifname?: string; altnames?: string[] }[];
    return link?.altnames?.includes(name) ? link.ifname : undefined;
  } catch {
    return undefined; // An ip that knows neither JSON nor altnames.
  }
}

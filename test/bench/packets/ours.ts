// virt-shaper's own rules for a path, with all of its taps' guests running.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeGuests } from '../../../src/store/guests.ts';
import type { Bench } from '../section.ts';
import type { Path } from './path.ts';

/**
 * @param ceil of each guest, in bits per second
 * @param edit what becomes of shape.tc, if it is not to be loaded as it is
 */
export async function loadOurs(
  bench: Bench,
  { host, taps }: Path,
  ceil: number,
  edit?: (shape: string) => string,
): Promise<void> {
  const root = join(bench.scratch, host.name);
  for (const folder of ['etc', 'run']) mkdirSync(join(root, folder, 'virt-shaper'), { recursive: true });
  const uplink = '[uplink.eth0]\nbridge = "br0"\nceil = "40gbit"\n';
  const guest = `[guest."vm-*"]\nrate = "10mbit"\nceil = ${ceil}\n`;
  writeFileSync(join(root, 'etc/virt-shaper/config.toml'), uplink + guest, { mode: 0o644 });
  const guests = taps.map((tap, index) => ({
    name: `vm-${index}`,
    driver: 'qemu' as const,
    nics: [{ tap, bridge: 'br0' }],
  }));
  writeGuests(join(root, 'run/virt-shaper/guests.json'), guests);
  const run = (command: string) =>
    host.run(process.execPath, [bench.program, '--root', root, command, '--quiet'], { timeout: 120_000 });
  await run('render');
  if (edit) await loadFiles(host, join(root, 'var/lib/virt-shaper/rules.d'), edit);
  else await run('load');
}

/** As an administrator would load the files by hand. @param rules the folder they are in */
export async function loadFiles(
  host: Path['host'],
  rules: string,
  edit: (shape: string) => string,
): Promise<void> {
  const shape = edit(readFileSync(join(rules, 'shape.tc'), 'utf8'));
  await host.run('ip', ['-batch', join(rules, 'devices.ip')]);
  await host.run('tc', ['-batch', '-'], { input: shape });
  await host.run('nft', ['-f', join(rules, 'ruleset.nft')]);
}

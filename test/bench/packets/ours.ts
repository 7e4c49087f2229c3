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
  { host, taps, tap: measured, guest: far }: Path,
  ceil: number,
  edit?: (shape: string) => string,
): Promise<void> {
  const root = join(bench.scratch, host.name);
  for (const folder of ['etc', 'run']) mkdirSync(join(root, folder, 'virt-shaper'), { recursive: true });
  const uplink = '[uplink.eth0]\nbridge = "br0"\nceil = "40gbit"\n';
  const values = `rate = "10mbit"\nceil = ${ceil}\n`;
  // What is sent to it is sent to nobody who answers (path.ts), and is its own.
  const one = `[guest.vm-${taps.indexOf(measured)}]\n${values}macs = ["${far.nobody}"]\n`;
  const config = `${uplink}${one}[guest."vm-*"]\n${values}`;
  writeFileSync(join(root, 'etc/virt-shaper/config.toml'), config, { mode: 0o644 });
  const guests = taps.map((tap, index) => ({
    name: `vm-${index}`,
    driver: 'qemu' as const,
    nics: [{ tap, bridge: 'br0', mac: tap === measured ? far.mac : addressOf(index) }],
  }));
  writeGuests(join(root, 'run/virt-shaper/guests.json'), guests);
  const run = (command: string) =>
    host.run(process.execPath, [bench.program, '--root', root, command, '--quiet'], { timeout: 120_000 });
  await run('render');
  if (edit) await loadFiles(host, join(root, 'var/lib/virt-shaper/rules.d'), edit);
  else await run('load');
}

function addressOf(index: number): string {
  const bytes = [index >> 8, index & 255].map((byte) => byte.toString(16).padStart(2, '0'));
  return `52:54:00:0a:${bytes.join(':')}`;
}

/** The same trees, and marks set as version 0.1 did: of what is forwarded, by its two ports alone. */
export async function loadForwardOnly(bench: Bench, path: Path, ceil: number): Promise<void> {
  await loadOurs(bench, path, ceil);
  const rules = readFileSync(
    join(bench.scratch, path.host.name, 'var/lib/virt-shaper/rules.d/ruleset.nft'),
    'utf8',
  );
  const blocks =
    /^\t(?:set (?:learned|learners)|chain (?:learn|flooded|input|output)|map (?:senders|sent)) \{[\s\S]*?^\t\}\n/gm;
  const former = rules.replace(blocks, '').replace(/^\t\tether [sd]addr .*\n/gm, '');
  await path.host.run('nft', ['-f', '-'], { input: former });
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

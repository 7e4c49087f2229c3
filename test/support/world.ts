// A world: everything the pipeline is given, in a line or two a test can be read by. Configurations are TOML
// and go through the real readConfig, so no test rests on a Config that no file can make.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { readConfig } from '../../src/config/read-config.ts';
import type { Guest } from '../../src/guests/guest.ts';
import type { Device, Host } from '../../src/host/host.ts';
import { generate, type Outputs } from '../../src/pipeline.ts';
import type { ChosenIds } from '../../src/plan/ids.ts';
import { everyday, type Moment } from '../../src/policy/moment/moment.ts';
import { readTemplates } from '../../src/render/templates.ts';

export interface World {
  config: Config;
  /** Longest running first. */
  guests: Guest[];
  host: Host;
  /** Absent: `everyday`. */
  moment?: Moment;
}

export const noneChosen: ChosenIds = { guests: {}, groups: {} };

/** The package's own. */
export const templates = readTemplates('/nonexistent');

/** @throws ConfigError as an administrator would get it */
export function readToml(text: string): Config {
  const root = mkdtempSync(join(tmpdir(), 'virt-shaper-world-'));
  try {
    writeFileSync(join(root, 'config.toml'), text, { mode: 0o600 });
    return readConfig({ file: 'config.toml', root }).config;
  } finally {
    rmSync(root, { recursive: true });
  }
}

/**
 * @param guests each with its NICs: `{ cliff: 'vnet0@br0 vnet1@br1' }`, and a NIC's address: `vnet0@br0/52:54:00:00:00:01`
 * @param uplinks each with its bridge, and in mbit its speed where the kernel knows it: `{ eth0: 'br0 1000' }`
 */
export function makeWorld(
  toml: string,
  guests: Record<string, string>,
  uplinks: Record<string, string> = { eth0: 'br0 1000' },
): World {
  const running = Object.entries(guests).map(
    ([name, nics]): Guest => ({ name, driver: 'qemu', nics: nics.split(' ').map(nic) }),
  );
  const devices = new Map<string, Device>();
  for (const [name, words] of Object.entries(uplinks)) {
    const [master = '', mbit] = words.split(' ');
    devices.set(master, { tap: false });
    devices.set(name, { master, tap: false, ...(mbit ? { speed: Number(mbit) * 1e6 } : {}) });
  }
  for (const { tap, bridge } of running.flatMap(({ nics }) => nics))
    devices.set(tap, { ...(bridge ? { master: bridge } : {}), tap: true });
  return {
    config: readToml(toml),
    guests: running,
    host: { devices, kernel: { leaf: 'fq_codel', redirect: 'fw' } },
  };
}

function nic(text: string): Guest['nics'][number] {
  const [tap = '', where = ''] = text.split('@');
  const [bridge = '', mac] = where.split('/');
  return { tap, bridge, ...(mac ? { mac } : {}) };
}

export function generateFor(world: World, chosen: ChosenIds = noneChosen): Outputs {
  return generate({ moment: everyday, ...world, chosen, templates, source: 'config.toml' });
}

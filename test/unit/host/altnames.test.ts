// Other names of NICs in the configuration: ip is asked about those that are no device's, and about nothing else.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAltnames } from '../../../src/host/altnames.ts';
import { readConfigHere } from '../../../src/host/config-here.ts';
import { deviceNames } from '../../../src/host/read-host.ts';
import type { Run } from '../../../src/system/exec.ts';

/** An ip that knows these devices: name -> altnames; the other text is what an odd one prints. */
function ip(devices: Record<string, string[]>, odd?: { status: number; stdout: string }) {
  const asked: string[] = [];
  const run = (async (tool: string, args: string[]) => {
    assert.equal([tool, ...args.slice(0, -1)], ['ip', '-j', 'link', 'show', 'dev']);
    const name = args.at(-1) ?? '';
    asked.push(name);
    if (odd) return { ...odd, stderr: '' };
    const [ifname, altnames] =
      Object.entries(devices).find(([own, all]) => [own, ...all].includes(name)) ?? [];
    return ifname === undefined
      ? { status: 1, stdout: '', stderr: `Device "${name}" does not exist.\n` }
      : { status: 0, stdout: JSON.stringify([{ ifindex: 2, ifname, altnames }]), stderr: '' };
  }) as unknown as Run;
  return { run, asked };
}

const devices = { enp1s0: ['wan', 'enx001122334455'], enp2s0: ['lan'], enp3s0: [] };

test('each altname leads to its device; a name that is none leads nowhere', async () => {
  const found = async (...names: string[]) => Object.fromEntries(await readAltnames(ip(devices).run, names));
  assert.equal(await found('lan', 'nobody', 'wan', 'enx001122334455'), {
    lan: 'enp2s0',
    wan: 'enp1s0',
    enx001122334455: 'enp1s0',
  });
  assert.equal(await found('enp1s0', 'enp3s0'), {}, 'its own name');
  assert.equal(await found(), {});
});

test('an ip that knows neither JSON nor altnames, or fails, knows none', async () => {
  const good = JSON.stringify([{ ifname: 'enp1s0', altnames: ['wan'] }]);
  for (const odd of [
    { status: 0, stdout: '2: enp1s0: <UP> mtu 1500\n' },
    { status: 0, stdout: '[]' },
    { status: 0, stdout: JSON.stringify([{ ifname: 'enp1s0' }]) },
    { status: 0, stdout: JSON.stringify([{ ifname: 'enp1s0', altnames: ['other'] }]) },
    { status: 1, stdout: good },
  ])
    assert.is((await readAltnames(ip({}, odd).run, ['wan'])).size, 0, odd.stdout);
  assert.is((await readAltnames(ip({}, { status: 0, stdout: good }).run, ['wan'])).size, 1);
});

test('the configuration has the names of this host: only what is no device is asked for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-altnames-'));
  const file = join(folder, 'config.toml');
  const read = async (toml: string) => {
    writeFileSync(file, toml, { mode: 0o600 });
    const { run, asked } = ip(devices);
    const { config, warnings, files, devices: here } = await readConfigHere({ file }, { run });
    assert.equal([...here.keys()], deviceNames());
    assert.equal(files, [file]);
    return {
      asked,
      uplinks: config.uplinks.map(({ name }) => name),
      warnings: warnings.map(({ message }) => message),
    };
  };
  try {
    const ceil = 'ceil = "1gbit"\n';
    assert.equal(await read(`[uplink.lo]\n${ceil}`), { asked: [], uplinks: ['lo'], warnings: [] });
    assert.equal(await read(`[uplink.lo]\n${ceil}[uplink.wan]\n${ceil}[uplink.nobody]\n${ceil}`), {
      asked: ['nobody', 'wan'],
      uplinks: ['enp1s0', 'lo', 'nobody'],
      warnings: [],
    });
    const twice = await read(`[uplink.wan]\n${ceil}[uplink.enx001122334455]\n${ceil}`);
    assert.equal(twice.uplinks, ['enp1s0']);
    assert.equal(
      twice.warnings.map((text) => text.slice(0, text.indexOf(','))),
      ['uplink.wan: this is another name of enp1s0'],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();

// The facts of units, cron and syncs, on a host that is laid out as files, with the answer that systemctl gives.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readServices } from '../../../src/doctor/read/services.ts';
import { makePaths } from '../../../src/store/paths.ts';
import type { Run } from '../../../src/system/exec.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-services-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

function put(file: string, text = ''): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const paths = () => makePaths({ root });
const unit = (name: string, load: string, file: string, active: string) =>
  `Id=${name}\nLoadState=${load}\nUnitFileState=${file}\nActiveState=${active}\n`;

async function read(stdout = '') {
  const asked: string[] = [];
  const run: Run = async (command) => {
    asked.push(command);
    return { status: 0, stdout, stderr: '' };
  };
  return { ...(await readServices(run, paths())), asked };
}

test('a host without systemd, configuration or sync: nobody is asked', async () => {
  const { systemd, units, configured, cron, lastSync, asked } = await read();
  assert.equal([systemd, units, configured, cron, lastSync], [false, [], false, undefined, undefined]);
  assert.equal(asked, []);
});

test('the state of each unit, as systemctl has it', async () => {
  mkdirSync(paths().systemd, { recursive: true });
  const { systemd, units } = await read(
    [
      unit('a.service', 'loaded', 'enabled', 'active'),
      unit('b.path', 'loaded', 'disabled', 'inactive'),
      unit('c.timer', 'not-found', '', 'inactive'),
      unit('d.service', 'loaded', 'static', 'failed'),
      unit('e.socket', 'masked', 'masked', 'inactive'),
    ].join('\n'),
  );
  assert.ok(systemd);
  assert.equal(
    units.map(({ name, there, enabled, active, failed }) => [name, there, enabled, active, failed]),
    [
      ['a.service', true, true, true, false],
      ['b.path', true, false, false, false],
      ['c.timer', false, false, false, false],
      ['d.service', true, true, false, true],
      ['e.socket', false, false, false, false],
    ],
  );
});

test('a line of cron that syncs counts where systemd does not run, one that is a comment does not', async () => {
  const [folder = ''] = paths().cron;
  put(join(folder, 'other'), '# * * * * * root virt-shaper sync\n* * * * * root backup\n');
  assert.is((await read()).cron, undefined);
  const ours = put(
    join(folder, 'virt-shaper'),
    'MAILTO=x\n* * * * * root /usr/sbin/virt-shaper --quiet sync\n',
  );
  assert.is((await read()).cron, ours);
  mkdirSync(paths().systemd, { recursive: true });
  assert.is((await read()).cron, undefined);
});

test('the last sync by its age, the configuration by its file', async () => {
  const file = put(paths().lastSync);
  utimesSync(file, Date.now() / 1000 - 60, Date.now() / 1000 - 60);
  put(paths().config.file);
  const { lastSync = 0, configured, command } = await read();
  assert.ok(lastSync > 59_000 && lastSync < 120_000, String(lastSync));
  assert.ok(configured);
  assert.is(command.at(-1), `--root=${root}`);
});

test('the command that cron is told goes by the same files, each option with its value', async () => {
  const run: Run = async () => ({ status: 0, stdout: '', stderr: '' });
  const options = { root, config: join(root, 'my.toml'), rules: join(root, 'rules') };
  const { command } = await readServices(run, makePaths(options));
  const given = command.filter((word) => word.startsWith('--'));
  assert.equal(given.sort(), [`--config=${options.config}`, `--root=${root}`, `--rules=${options.rules}`]);
  assert.equal(
    (await readServices(run, makePaths({}))).command.filter((word) => word.startsWith('--')),
    [],
  );
});

test.run();

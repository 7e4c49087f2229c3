// What is counted against what crossed the wire, with real frames: over stops, reloads, rebuilt trees, unload and load, a
// reboot, and kill -9 at any moment.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { directions } from '../../src/units/units.ts';
import { program } from './host.ts';
import { kernelTest } from './kernel-test.ts';
import { pause, UsageHost } from './usage-host.ts';

const config = `
[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "300mbit"
[guest.cliff]
group = "friends"
rate = "10mbit"
ceil = "200mbit"
[guest.rob]
group = "friends"
rate = "10mbit"
ceil = "200mbit"
`;

const taps = ['vnet0', 'vnet1'];
const { test, host } = kernelTest<UsageHost>({
  config,
  taps,
  make: (text) => new UsageHost(text),
  begin: (made) => {
    made.begin(taps);
    assert.is(made.run(['apply']).status, 0);
    made.startGuest('cliff', 'vnet0');
    made.startGuest('rob', 'vnet1');
  },
});

const must = (...args: string[]) => {
  const { status, stderr } = host.run(args);
  assert.is(status, 0, `${args.join(' ')}: ${stderr}`);
};

/** Both guests' sums, the group's and the uplink's against the wire. */
function isCounted(what: string, allowed = 0.005): void {
  must('sync');
  const wire = host.wire(taps);
  const of = (subject: string) => host.counted(subject);
  for (const way of directions) {
    const sums = {
      guests: of('guest cliff')[way] + of('guest rob')[way],
      group: of('group friends')[way],
      uplink: of('uplink eth0')[way],
    };
    for (const [name, counted] of Object.entries(sums)) {
      const share = counted / wire[way] - 1;
      assert.ok(Math.abs(share) <= allowed, `${what}, ${way}, ${name}: ${counted} of ${wire[way]}`);
    }
  }
}

test('over a stop and a start, in one minute and over several', async () => {
  host.send(...taps);
  await host.passing(8);
  must('sync');
  await host.passing(4);
  await host.quiet();
  host.stopGuest('cliff');
  isCounted('after a stop');
  host.startGuest('cliff', 'vnet0');
  host.send('vnet0');
  await host.passing(4);
  await host.quiet();
  host.stopGuest('cliff');
  host.startGuest('cliff', 'vnet0');
  host.send('vnet0');
  await host.passing(4);
  await host.quiet();
  isCounted('after two lives');
  assert.equal(readdirSync(join(host.root, 'run/virt-shaper/usage')), []);
});

const changes: Record<string, string> = {
  'other rates': config.replaceAll('200mbit', '180mbit'),
  'another group': config.replace(
    '[guest.rob]\ngroup = "friends"',
    '[group.family]\nceil = "300mbit"\n[guest.rob]\ngroup = "family"',
  ),
  'a tree made anew': config.replace('[uplink.eth0]', '[uplink.eth0]\nunmarked = { id = 0x444 }'),
  'a group of another id': config.replace('[group.friends]', '[group.friends]\nid = 0x5'),
  'two guests swap ids': config
    .replace('[guest.cliff]', '[guest.cliff]\nid = 0x11')
    .replace('[guest.rob]', '[guest.rob]\nid = 0x10'),
};

test('over reloads under traffic: rates, groups, rebuilt trees', async () => {
  host.configure(
    config
      .replace('[guest.cliff]', '[guest.cliff]\nid = 0x10')
      .replace('[guest.rob]', '[guest.rob]\nid = 0x11'),
  );
  must('apply');
  host.send(...taps);
  for (const text of [...Object.values(changes), config, ...Object.values(changes).reverse()]) {
    host.configure(text);
    // Between the last look at a class and its end pass a few milliseconds: two or three in a thousand of this.
    await pause(1500);
    must('apply');
  }
  await pause(500);
  await host.quiet();
  must('sync');
  const wire = host.wire(taps);
  for (const way of directions) {
    const counted = host.counted('guest cliff')[way] + host.counted('guest rob')[way];
    const groups = host.counted('group friends')[way] + host.counted('group family')[way];
    assert.ok(Math.abs(counted / wire[way] - 1) <= 0.005, `${way}: ${counted} of ${wire[way]}`);
    assert.ok(Math.abs(groups / wire[way] - 1) <= 0.005, `${way}, groups: ${groups} of ${wire[way]}`);
  }
});

test('over unload and load, and a reboot', async () => {
  host.send(...taps);
  await host.passing(8);
  await host.quiet();
  must('unload');
  const counted = host.counted('guest cliff');
  must('load');
  must('sync');
  assert.equal(host.counted('guest cliff'), counted, 'nothing twice');
  isCounted('loaded again');
  // Another boot: /run is empty, and every class begins anew.
  host.send(...taps);
  await host.passing(6);
  await host.quiet();
  must('sync');
  must('unload');
  const file = join(host.root, 'var/lib/virt-shaper/usage/now.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"boot":"[^"]*"/, '"boot":"another"'));
  rmSync(join(host.root, 'run/virt-shaper'), { recursive: true });
  must('sync');
  host.startGuest('cliff', 'vnet0');
  host.startGuest('rob', 'vnet1');
  host.send(...taps);
  await host.passing(6);
  await host.quiet();
  isCounted('after a boot');
});

test('kill -9 at any moment counts nothing twice, and loses nothing', async () => {
  host.send(...taps);
  let killed = 0;
  // Until enough of them were alive to be killed: an idle machine ends most of them sooner than a busy one begins.
  for (let round = 0; round < 24 || (killed < 8 && round < 96); round += 1) {
    host.configure(round % 2 === 0 ? config.replaceAll('200mbit', '190mbit') : config);
    const child = spawn(
      process.execPath,
      [program, '--root', host.root, round % 3 === 0 ? 'sync' : 'apply'],
      { stdio: 'ignore' },
    );
    await pause(100 + Math.random() * (round % 2 === 0 ? 400 : 1200));
    if (child.exitCode === null) killed += 1;
    child.kill('SIGKILL');
  }
  await host.quiet();
  assert.ok(killed > 4, `${killed} killed`);
  isCounted(`${killed} killed`);
});

test.run();

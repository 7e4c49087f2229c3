// virt-shaper apply, and what plan, load and sync say: for whom what changes, in the words of who reads it.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { needsCommand } from '../support/needs.ts';
import { slowness } from '../support/patience.ts';
import { Pty } from '../support/pty.ts';
import { unless } from '../support/skip.ts';
import { kernelState, program, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest.alice]
rate = "5mbit"
ceil = "50mbit"
[guest.bob]
rate = "5mbit"
ceil = { out = "20mbit", in = "10mbit" }
`;

const { test, host } = kernelTest({
  config,
  begin: (host) => {
    host.runs('alice', { vnet0: 'br0' });
  },
});

function files(): string[] {
  const names = readdirSync(host.root, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => !/lock$|kernel\.json$|virt-shaper$|^run$/.test(name)).sort();
}

test('apply finds who runs and says what changes for whom; --dry-run only says it', () => {
  const before = { kernel: kernelState(), files: files() };
  const dry = host.run(['apply', '--dry-run']);
  const lines =
    '+ alice: rate 5mbit, ceil 50mbit, both directions\n+ uplink eth0: ceil 1gbit, both directions\n';
  assert.equal(
    [dry.status, dry.stdout, dry.stderr],
    [3, `${lines}1 guest to add, none to change or take away\n`, 'found running: alice\n'],
  );
  assert.equal({ kernel: kernelState(), files: files() }, before);
  const first = host.run(['apply']);
  assert.equal(
    [first.status, first.stdout, first.stderr],
    [0, '', `found running: alice\n${lines}loaded: 1 guest added, none changed or taken away\n`],
  );
  assert.match(sh('tc class show dev eth0'), 'ceil 50Mbit');
  assert.match(host.run(['apply']).stderr, /^nothing to do: the kernel holds what the configuration/);
  assert.equal(
    [host.run(['apply', '--dry-run']).status, host.run(['apply', '--dry-run', '--quiet']).stderr],
    [0, ''],
  );

  host.configure(config.replace('50mbit', '60mbit').replace('[guest.bob]', '[guest.bob]\ngroup = "friends"'));
  host.runs('bob', { vnet1: 'br0' });
  const next = host.run(['apply']);
  assert.is(
    next.stderr,
    'found running: bob\n' +
      '+ bob: rate 5mbit, both directions; ceil 20mbit, sending; ceil 10mbit, receiving\n' +
      '~ alice: ceil 50mbit -> 60mbit, both directions\n' +
      '+ group friends: rate 5mbit, ceil 30mbit, both directions\n' +
      'loaded: 1 guest changed, 1 added, none taken away\n',
  );
  host.configure(config.replace('out = "20mbit"', 'out = "25mbit"').replace('50mbit', '60mbit'));
  assert.match(
    host.run(['apply']).stderr,
    /^~ bob: group friends -> none, both directions; ceil 20mbit -> 25mbit, sending\n- group friends: .*\nloaded: 1 guest changed, none added or taken away\n/m,
  );
  sh('ip link del vnet1');
  sh(`rm ${host.root}/run/libvirt/qemu/bob.xml`);
  assert.match(
    host.run(['sync']).stderr,
    /^no longer running, or without a tap: bob\n- bob: .*\nloaded: 1 guest taken away, none changed or added\n/,
  );
});

test('with a mistake nothing is touched, and each is said', () => {
  assert.is(host.run(['apply']).status, 0);
  const before = { kernel: kernelState(), files: files() };
  host.configure(`${config}[guest.carol]\nrate = "fast"\ngroup = "none"\n`);
  for (const args of [['apply'], ['apply', '--dry-run'], ['apply', '--confirm', '5']]) {
    const { status, stderr } = host.run(args);
    assert.is(status, 2, args.join(' '));
    assert.match(stderr, /config\.toml:\d+:\d+: [\s\S]*config\.toml:\d+:\d+: /);
    assert.equal({ kernel: kernelState(), files: files() }, before);
  }
  for (const args of [
    ['--json'],
    ['--commands'],
    ['--dry-run', '--confirm', '5'],
    ['--dry-run', '--json', '--commands'],
  ]) {
    assert.is(host.run(['apply', ...args]).status, 2, args.join(' '));
  }
});

test('plan and load after an edit say that they go by what was rendered before it', () => {
  assert.is(host.run(['apply']).status, 0);
  host.configure(config.replace('50mbit', '60mbit'));
  for (const command of ['plan', 'load']) {
    const { status, stderr } = host.run([command]);
    assert.is(status, 0);
    assert.is(
      stderr,
      'nothing to do: the kernel holds what rules.d says\nthe configuration has changed since rules.d was ' +
        'rendered: virt-shaper apply --dry-run shows what for\n',
    );
  }
  assert.match(
    host.run(['status']).stdout,
    'the configuration has changed since: virt-shaper apply --dry-run',
  );
});

test('who renders, plans and loads in steps hears at each of them what the configuration was warned of, and who runs unknown', () => {
  host.configure(config.replace('ceil = "50mbit"', 'ceil = "100Mbps"'));
  assert.is(host.run(['apply']).status, 0);
  host.runs('bob', { vnet1: 'br0' });
  for (const command of ['render', 'plan', 'load']) {
    const { status, stderr } = host.run([command]);
    assert.is(status, 0, command);
    assert.match(
      stderr,
      /warning: \/.*\/etc\/.*:8:8: .*"100Mbps" counts megabytes per second, 800mbit\n/,
      command,
    );
    assert.match(
      stderr,
      'warning: guest bob runs by vnet1, of which these rules do not know, so without limit: virt-shaper sync --in-force ' +
        `finds it${command === 'load' ? '' : ', and virt-shaper render counts it then'}\n`,
      command,
    );
  }
  assert.is(host.run(['sync']).status, 0);
  assert.not.match(host.run(['plan']).stderr, 'bob');
  assert.is(host.run(['unload']).status, 0);
  host.tap('vnet2');
  host.runs('carol', { vnet2: 'br0' });
  assert.not.match(host.run(['plan']).stderr, 'carol', 'it has no entry');
});

test('apply has looked for guests as a sync does', () => {
  assert.not.ok(existsSync(join(host.root, 'run/virt-shaper/last-sync')));
  assert.is(host.run(['apply']).status, 0);
  assert.ok(existsSync(join(host.root, 'run/virt-shaper/last-sync')));
});

const reflects = () => sh('sysctl -n net.ipv4.fwmark_reflect').trim();

test('the commands that plan prints lead a shell to where load leads', () => {
  host.runs('bob', { vnet1: 'br0' });
  assert.is(host.run(['apply']).status, 0);
  const loaded = kernelState();
  assert.is(host.run(['unload']).status, 0);
  sh('sysctl -qw net.ipv4.fwmark_reflect=0');
  sh(host.run(['plan', '--commands']).stdout);
  assert.equal([kernelState(), reflects()], [loaded, '1']);
  assert.is(host.run(['load']).status, 0);
  const other = config.replace('50mbit', '60mbit').replace('[guest.bob]', '[guest.bob]\ngroup = "friends"');
  for (const text of [config, other, config]) {
    host.configure(text);
    assert.is(host.run(['render']).status, 0);
    const { stdout } = host.run(['plan', '--commands']);
    const data = JSON.parse(host.run(['plan', '--json']).stdout);
    assert.is(data.commands.map(({ command }: { command: string }) => `${command}\n`).join(''), stdout);
    sh(stdout);
    const byHand = kernelState();
    assert.is(host.run(['load']).status, 0);
    assert.is(kernelState(), byHand);
  }
  assert.is(kernelState(), loaded);
});

test('the commands of a dry run lead there too, though what they load is in no file', () => {
  assert.is(host.run(['apply']).status, 0);
  host.tap('vnet2');
  host.runs('bob', { vnet1: 'br0' });
  host.configure(config.replace('50mbit', '60mbit'));
  const { stdout } = host.run(['apply', '--dry-run', '--commands']);
  assert.not.match(stdout, 'nft -f /');
  assert.match(stdout, "nft -f - <<'END'\n");
  sh(stdout);
  const byHand = kernelState();
  assert.is(host.run(['apply']).status, 0);
  assert.is(kernelState(), byHand);
});

test('the commands of a plan leave out what is behind an obstacle, as load does', () => {
  assert.is(host.run(['apply']).status, 0);
  sh('tc qdisc replace dev eth0 root pfifo');
  sh(host.run(['plan', '--commands']).stdout);
  const byHand = kernelState();
  assert.is(host.run(['load']).status, 1);
  assert.is(kernelState(), byHand);
});

/** Of a load that waits for its confirmation. */
function confirming(args: string[]) {
  const child = spawn(process.execPath, [program, '--root', host.root, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const waits = async () => {
    for (let tries = 0; tries < 200 * slowness && !said.includes('unless you press'); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.match(said, 'unless you press');
  };
  return { child, ended, waits, said: () => said };
}

function statusData(): { unconfirmed: { until: string } | null } {
  return JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout);
}

test('apply --confirm: Ctrl-C goes back at once, to the former policy or to nothing', async () => {
  const nothing = kernelState();
  const first = confirming(['apply', '--confirm', '3600']);
  await first.waits();
  assert.match(first.said(), /all is taken out again in 3600 s, and at once at Ctrl-C/);
  assert.is.not(kernelState(), nothing);
  first.child.kill('SIGINT');
  assert.is(await first.ended, 1);
  assert.match(first.said(), 'not confirmed: nothing is loaded again, as before');
  assert.is(kernelState(), nothing);

  assert.is(host.run(['apply']).status, 0);
  const former = kernelState();
  host.configure(config.replace('50mbit', '60mbit'));
  const second = confirming(['apply', '--confirm', '3600']);
  await second.waits();
  assert.match(
    second.said(),
    /~ alice: ceil 50mbit -> 60mbit, both directions\n[\s\S]*the former policy returns in 3600 s/,
  );
  second.child.kill('SIGINT');
  assert.is(await second.ended, 1);
  assert.match(second.said(), 'not confirmed: the former policy is in force again');
  assert.is(kernelState(), former);
  assert.not(existsSync(join(host.root, 'run/virt-shaper/confirm')));

  const third = confirming(['apply', '--confirm', '3600']);
  await third.waits();
  const waits =
    /what is loaded is taken back in 3[56]\d\d s unless somebody confirms it(: |\n *)virt-shaper confirm$/m;
  assert.match(host.run(['status']).stdout, waits);
  assert.match(host.run(['doctor']).stdout, waits);
  const left = Date.parse(statusData().unconfirmed?.until ?? '') - Date.now();
  assert.ok(left > 3_500_000 && left <= 3_600_000, `${left}`);
  assert.is(host.run(['confirm']).status, 0);
  assert.is(statusData().unconfirmed, null);
  assert.not.match(host.run(['status']).stdout, 'confirm');
  assert.is(await third.ended, 0);
  assert.match(sh('tc class show dev eth0'), 'ceil 60Mbit', 'who applies again has his edit counted again');
});

test('apply --confirm that another load or an unload overtakes says so, and ends with 1', async () => {
  host.run(['apply']);
  const overtakes = {
    apply: 'another load came before, and what that has loaded is in force',
    load: 'another load came before, and what that has loaded is in force',
    unload: 'an unload came before, and nothing is loaded any more',
  };
  for (const [command, says] of Object.entries(overtakes)) {
    const changed = config.replace('50mbit', `${60 + command.length}mbit`);
    host.configure(changed);
    const waiting = confirming(['apply', '--confirm', '3600']);
    await waiting.waits();
    host.configure('[guest.');
    assert.is(host.run(['apply']).status, 2);
    assert.ok(statusData().unconfirmed, 'one that fails decides nothing');
    host.configure(changed);
    assert.is(host.run([command]).status, 0);
    assert.is(await waiting.ended, 1, command);
    assert.match(waiting.said(), `not confirmed: ${says}`);
    assert.not(existsSync(join(host.root, 'run/virt-shaper/confirm.undone')));
  }
});

unless(needsCommand('script', 'stty', 'bash'), test)(
  'at a terminal Enter confirms, and Ctrl-C goes back',
  async () => {
    const former = kernelState();
    for (const [key, status, said] of [
      ['\u0003', 1, /^not confirmed: nothing is loaded again, as before$/m],
      ['\n', 0, /^confirmed$/m],
    ] as const) {
      const screen = new Pty([process.execPath, program, '--root', host.root, 'apply', '--confirm', '3600']);
      try {
        await screen.until(/unless you press Enter/);
        screen.type(key);
        assert.is((await screen.ended()).status, status);
        assert.match(screen.screen.join('\n'), said);
        assert.is(kernelState() === former, status === 1);
        assert.not(existsSync(join(host.root, 'run/virt-shaper/confirm')));
      } finally {
        screen.remove();
      }
    }
  },
);

test.run();

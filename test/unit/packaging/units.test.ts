// The systemd units: systemd understands every line of them, they are as closed up as they were made, and what
// they call is what the program takes.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeProgram } from '../../../src/cli/program.ts';
import { needsPackage } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

const folder = fileURLToPath(new URL('../../../packaging/systemd/', import.meta.url));
const names = readdirSync(folder).filter((name) => !name.endsWith('.d'));
const units = new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const dropIn = readFileSync(join(folder, 'nftables.service.d/virt-shaper.conf'), 'utf8');
const services = [...units.keys()].filter((name) => name.endsWith('.service'));
const withSystemd = unless(needsPackage('systemd-analyze', 'systemd'));

withSystemd('systemd understands them', () => {
  const { status, stderr } = analyze(['verify', '--man=no'], [...units.keys(), 'nftables.service']);
  assert.is(stderr, '');
  assert.is(status, 0);
});

withSystemd('they may do little more than they need', () => {
  for (const service of services) {
    // Tenths, of ten at worst.
    const { status, stdout } = analyze(
      ['security', '--offline=true', '--threshold=22', '--no-pager'],
      [service],
    );
    assert.is(status, 0, stdout);
  }
});

test('what they call is there, with these options', () => {
  const calls = [...units.values()].flatMap((text) => [...text.matchAll(/^Exec\w+=\S*virt-shaper (.*)$/gm)]);
  assert.ok(calls.length > 4);
  const program = makeProgram();
  for (const [line, words = ''] of calls) {
    const name = words.split(' ').find((word) => !word.startsWith('-'));
    const command = program.commands.find((one) => one.name() === name);
    assert.ok(command, line);
    const known = command?.options.flatMap(({ long, short }) => [long, short]);
    for (const option of words.match(/(?<= |^)-\S+/g) ?? []) assert.ok(known?.includes(option), line);
  }
});

test('no limit on starts can put an end to what follows changes', () => {
  for (const name of ['virt-shaper-sync.service', 'virt-shaper-watch.service']) {
    assert.match(units.get(name) ?? '', /^StartLimitIntervalSec=0$/m, name);
  }
});

test('what is stopped with the service stays stopped, and stopping it takes nothing out of the kernel', () => {
  for (const [name, text] of units) {
    assert.not.match(text, /^Exec.*unload/m, name);
    if (name === 'virt-shaper.service' || name.startsWith('virt-shaper-metrics.')) continue;
    assert.match(text, /^PartOf=virt-shaper\.service$/m, name);
  }
});

unless(needsPackage('systemctl', 'systemd'))(
  'one command enables them all where nothing is enabled by itself',
  () => {
    const root = mkdtempSync(join(tmpdir(), 'virt-shaper-presets-'));
    const systemctl = (...args: string[]) => {
      const { stdout, stderr } = spawnSync('systemctl', ['--root', root, ...args], { encoding: 'utf8' });
      return { stdout, stderr };
    };
    const enabled = () => {
      const lines = systemctl('list-unit-files', '--no-legend', '--state=enabled').stdout.trim().split('\n');
      return lines.map((line) => line.split(' ')[0]).sort();
    };
    try {
      cpSync(folder, join(root, 'usr/lib/systemd/system'), { recursive: true });
      mkdirSync(join(root, 'usr/lib/systemd/system-preset'));
      writeFileSync(join(root, 'usr/lib/systemd/system-preset/99-default.preset'), 'disable *\n');
      // As the package's script does.
      systemctl('preset', ...names.filter((name) => !name.includes('metrics')));
      assert.equal(enabled(), ['']);
      assert.not.match(systemctl('enable', 'virt-shaper').stderr, /fail/i);
      assert.equal(enabled(), [
        'virt-shaper-sync.path',
        'virt-shaper-sync.timer',
        'virt-shaper-watch.path',
        'virt-shaper.service',
      ]);
      systemctl('disable', 'virt-shaper');
      assert.equal(enabled(), ['']);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);

test('a firewall that flushes everything is followed at every turn', () => {
  const calls = [...dropIn.matchAll(/^(Exec\w+)=-\/usr\/lib\/virt-shaper\/after-flush$/gm)];
  assert.equal(
    calls.map(([, when]) => when),
    ['ExecStartPost', 'ExecReload', 'ExecStopPost'],
  );
  const watched = /^PathExists=(.*)$/m.exec(units.get('virt-shaper-sync.path') ?? '')?.[1];
  assert.is(watched, '/run/virt-shaper/sync-wanted');
});

/** With a program that is there, in place of one that is installed only with the package. */
function analyze(options: string[], names: string[]) {
  const copies = mkdtempSync(join(tmpdir(), 'virt-shaper-units-'));
  try {
    cpSync(join(folder, 'nftables.service.d'), join(copies, 'nftables.service.d'), { recursive: true });
    writeFileSync(join(copies, 'nftables.service'), '[Service]\nType=oneshot\nExecStart=/bin/true\n');
    for (const [name, text] of units) {
      writeFileSync(join(copies, name), text.replaceAll('/usr/sbin/virt-shaper', '/bin/sh'));
    }
    const files = names.map((name) => join(copies, name));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...options, ...files], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  } finally {
    rmSync(copies, { recursive: true });
  }
}

test.run();

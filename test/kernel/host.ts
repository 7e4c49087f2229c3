// A small virtualisation host in the test's own namespace: bridges, uplinks and taps (veth, whose other end
// is the wire or the guest), a folder for /etc, /run and /var, and the program itself.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutLearned } from '../../src/kernel/nft/table.ts';
import { type History, readHistory } from '../../src/store/history.ts';
import { patience } from '../support/patience.ts';

export const program = fileURLToPath(new URL('../../dist/virt-shaper.js', import.meta.url));

export interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command that must succeed. @returns its stdout */
export function sh(command: string, input = ''): string {
  // nft 0.9.8 opens what it reads from by name, which a socket, as this process gives, has not.
  const script = input === '' ? command : `cat | {\n${command}\n}`;
  const result = spawnSync('sh', ['-ec', script], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${command}: ${result.stderr}`);
  return result.stdout;
}

export class TestHost {
  /** Below /run, which is the namespace's own. */
  readonly root = mkdtempSync('/run/virt-shaper-test-');
  readonly rules = join(this.root, 'var/lib/virt-shaper/rules.d');

  constructor(config: string) {
    this.configure(config);
  }

  /** A bridge with an uplink whose other end is `wire-UPLINK`. */
  bridge(bridge: string, uplink: string): this {
    return links(
      this,
      `add ${bridge} type bridge`,
      `set ${bridge} up`,
      `add ${uplink} type veth peer name w-${uplink}`,
      `set ${uplink} master ${bridge} up`,
      `set w-${uplink} up`,
    );
  }

  /** A guest's tap on a bridge; the guest's end is `g-TAP`. */
  tap(tap: string, bridge = 'br0'): this {
    return links(
      this,
      `add ${tap} type veth peer name g-${tap}`,
      `set ${tap} master ${bridge} up`,
      `set g-${tap} up`,
    );
  }

  configure(config: string): void {
    this.write('etc/virt-shaper/config.toml', config);
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o644 });
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** A guest that libvirt runs, by its status file, which it puts in place as libvirt does. @param taps tap -> bridge */
  runs(
    name: string,
    taps: Record<string, string>,
    { driver = 'qemu', change = (xml: string) => xml } = {},
  ): void {
    const status = `<domstatus state='running' reason='booted' pid='4242'><devices><device alias='net0'/></devices>
      ${change(domainXml(name, taps))}</domstatus>\n`;
    this.write(`run/libvirt/${driver}/.new`, status);
    const folder = join(this.root, 'run/libvirt', driver);
    renameSync(join(folder, '.new'), join(folder, `${name}.xml`));
  }

  /** What loads have left behind. */
  history(): History {
    return readHistory(join(this.root, 'run/virt-shaper/history.json'));
  }

  /**
   * Puts a script in front of a command; what the script leaves to it `$real` does.
   * @returns a PATH by which it is found
   */
  wrap(tool: string, script: string): string {
    const real = sh(`PATH=$PATH:/usr/sbin:/sbin command -v ${tool} || echo true`).trim();
    this.write(`wrap/${tool}`, `#!/bin/sh\nreal=${real}\n${script}\nexec $real "$@"\n`);
    const folder = join(this.root, 'wrap');
    chmodSync(join(folder, tool), 0o755);
    return `${folder}:${process.env.PATH}`;
  }

  /** The program, with libvirt's own environment for a hook: PATH and LC_ALL only. */
  run(args: string[], { input = '', path = process.env.PATH ?? '' } = {}): Result {
    const waits = args.includes('--lock-timeout') ? [] : patience;
    const all = [program, '--root', this.root, ...waits, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, {
      input,
      encoding: 'utf8',
      cwd: '/',
      env: { PATH: path, LC_ALL: 'C' },
      maxBuffer: 1 << 28,
    });
    return { status, stdout, stderr };
  }

  hook(
    name: string,
    operation: string,
    taps: Record<string, string> = {},
    options: { path?: string } = {},
  ): Result {
    return this.run(['hook', 'qemu', name, operation, 'begin', '-'], {
      input: domainXml(name, taps),
      ...options,
    });
  }

  /** Takes the devices out again; the namespace is the test file's. */
  end(): void {
    const devices = JSON.parse(sh('ip -j link')) as { ifname: string }[];
    const others = devices.filter(({ ifname }) => ifname !== 'lo');
    const lines = others.map(({ ifname }) => `link del dev ${ifname}\n`).join('');
    spawnSync('ip', ['-force', '-batch', '-'], { input: lines }); // Of a pair the second has gone with the first.
    sh('nft flush ruleset');
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** In one process, of which a test makes many. */
function links<T>(host: T, ...lines: string[]): T {
  sh('ip -batch -', lines.map((line) => `link ${line}\n`).join(''));
  return host;
}

/** As libvirt passes it to `start`. @param taps tap -> bridge */
export function domainXml(name: string, taps: Record<string, string>): string {
  const text = (value: string) => value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const nics = Object.entries(taps).map(
    ([
      tap,
      bridge,
    ]) => `<interface type='bridge'><mac address='52:54:00:6d:90:01'/><source bridge='${bridge}'/>
      <target dev='${tap}'/><model type='virtio'/></interface>`,
  );
  return `<domain type='kvm' id='1'><name>${text(name)}</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
    <devices>${nics.join('')}</devices></domain>`;
}

/** Packets that a class has sent; none where there is no such class, or no such device. */
export function packets(device: string, id: string): number {
  const { stdout } = spawnSync('tc', ['-s', 'class', 'show', 'dev', device], { encoding: 'utf8' });
  return Number(stdout.match(new RegExp(`^class htb ${id} .*\\n Sent \\d+ bytes (\\d+) pkt`, 'm'))?.[1] ?? 0);
}

/** A flow with packets in it, which these leaves show as a class: it comes and goes with the traffic. */
const flow = /^class (fq_codel|sfq|cake) /;

/** Everything the kernel holds that virt-shaper could touch, without what counts packets. */
export function kernelState(): string {
  const devices = (JSON.parse(sh('ip -j link')) as Record<string, unknown>[]).sort((a, b) =>
    String(a.ifname) < String(b.ifname) ? -1 : 1,
  );
  const names = devices.map(({ ifname }) => String(ifname));
  const ask = (question: string, options = '') => answers(question, names, options);
  const qdiscs = sorted(sh('tc qdisc show'));
  const classes = ask('class show dev DEV', '-d');
  const ways = ['egress', 'ingress'].map((way) => ask(`filter show dev DEV ${way}`));
  const lines = devices.flatMap(({ ifname, master, ifalias, txqlen, flags }, index) => [
    // Whose load it was is not what was loaded.
    `== ${JSON.stringify({ ifname, master, ifalias: `${ifalias ?? ''}`.split('=')[0], txqlen, flags: lasting(flags) })}`,
    ...qdiscs
      .filter((line) => line.includes(` dev ${ifname} `))
      .map((line) => line.replace(/ (refcnt|direct_packets_stat) \d+/g, '')),
    ...sorted(classes[index]).filter((line) => !flow.test(line)),
    ...ways.flatMap((filters) => filters[index]?.replace(/index \d+ /g, '') ?? []),
  ]);
  // What is learned from traffic is nobody's doing.
  return [...lines, inOrder(withoutLearned(sh('nft -s list ruleset')))].join('\n');
}

/** A carrier comes a moment after its device, on a busy machine much later. */
function lasting(flags: unknown): unknown {
  return Array.isArray(flags) ? flags.filter((flag) => flag !== 'NO-CARRIER' && flag !== 'LOWER_UP') : flags;
}

/**
 * What tc says of each device, by one process for all of them: a look at the kernel is what tests do most. The line of
 * lo's own qdisc lies between the answers; a device without clsact has no filters to show, which tc calls an error.
 */
function answers(question: string, devices: string[], options: string): string[] {
  const lines = devices.flatMap((device) => [question.replace('DEV', device), 'qdisc show dev lo']);
  const printed = sh(`tc ${options} -force -batch - 2>/dev/null || :`, `${lines.join('\n')}\n`);
  const parts = printed.split(between);
  if (parts.length !== devices.length + 1) throw new Error(`tc, ${question}: ${printed}`);
  return parts.slice(0, -1);
}

const between = /^qdisc noqueue 0: root .*\n/m;

/** nft lists chains in the order in which they were made, which means nothing: frames enter by the hook's only. */
function inOrder(ruleset: string): string {
  return ruleset.replace(/^table .* \{\n([\s\S]*?)^\}$/gm, (_all, body: string) =>
    body.trimEnd().split('\n\n').sort().join('\n\n'),
  );
}

function sorted(text = ''): string[] {
  return text.split('\n').filter(Boolean).sort();
}

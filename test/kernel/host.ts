// A small virtualisation host in the test's own namespace: bridges, uplinks and taps (veth, whose other end
// is the wire or the guest), a folder for /etc, /run and /var, and the program itself.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patience } from '../support/patience.ts';

export const program = fileURLToPath(new URL('../../dist/virt-shaper.js', import.meta.url));

export interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command that must succeed. @returns its stdout */
export function sh(command: string, input = ''): string {
  const result = spawnSync('sh', ['-ec', command], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
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
    sh(`ip link add ${bridge} type bridge; ip link set ${bridge} up
        ip link add ${uplink} type veth peer name w-${uplink}
        ip link set ${uplink} master ${bridge} up; ip link set w-${uplink} up`);
    return this;
  }

  /** A guest's tap on a bridge; the guest's end is `g-TAP`. */
  tap(tap: string, bridge = 'br0'): this {
    sh(`ip link add ${tap} type veth peer name g-${tap}
        ip link set ${tap} master ${bridge} up; ip link set g-${tap} up`);
    return this;
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
    const links = JSON.parse(sh('ip -j link')) as { ifname: string }[];
    for (const { ifname } of links) if (ifname !== 'lo') spawnSync('ip', ['link', 'del', 'dev', ifname]);
    sh('nft flush ruleset');
    rmSync(this.root, { recursive: true, force: true });
  }
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

/** A flow with packets in it, which these leaves show as a class: it comes and goes with the traffic. */
const flow = /^class (fq_codel|sfq|cake) /;

/** Everything the kernel holds that virt-shaper could touch, without what counts packets. */
export function kernelState(): string {
  const devices = JSON.parse(sh('ip -j link')) as Record<string, unknown>[];
  const lines = devices
    .sort((a, b) => (String(a.ifname) < String(b.ifname) ? -1 : 1))
    .flatMap(({ ifname, master, ifalias, txqlen, flags }) => [
      `== ${JSON.stringify({ ifname, master, ifalias, txqlen, flags })}`,
      ...sorted(`tc qdisc show dev ${ifname}`).map((line) =>
        line.replace(/ (refcnt|direct_packets_stat) \d+/g, ''),
      ),
      ...sorted(`tc -d class show dev ${ifname}`).filter((line) => !flow.test(line)),
      ...filters(String(ifname), 'egress'),
      ...filters(String(ifname), 'ingress'),
    ]);
  return [...lines, inOrder(sh('nft -s list ruleset'))].join('\n');
}

/** nft lists chains in the order in which they were made, which means nothing: frames enter by the hook's only. */
function inOrder(ruleset: string): string {
  return ruleset.replace(/^table .* \{\n([\s\S]*?)^\}$/gm, (_all, body: string) =>
    body.trimEnd().split('\n\n').sort().join('\n\n'),
  );
}

function sorted(command: string): string[] {
  return sh(command).split('\n').filter(Boolean).sort();
}

/** A device without clsact has none to show, which tc calls an error. */
function filters(device: string, way: string): string[] {
  const shown = sh(`tc filter show dev ${device} ${way} 2>&1 || true`);
  return shown.includes('Cannot find') || shown.includes('Error') ? [] : [shown.replace(/index \d+ /g, '')];
}

// A host on which all is well for doctor, on a real kernel, and what doctor says of it. Units are played by a
// script that comes first in PATH.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/doctor/finding.ts';
import { TestHost } from './host.ts';

export const config = `[uplink.eth0]
ceil = "1gbit"
[guest.cliff]
rate = "5mbit"
ceil = "20mbit"
`;

export const callIptables = '/proc/sys/net/bridge/bridge-nf-call-iptables';

/** Of the machine that the test runs on, or of hooks, which are not installed here. */
const machine = ['kernel.leaf', 'libvirt', 'program', 'hook.qemu'];

export interface Examined {
  status: number | null;
  /** What is not well, besides the machine's own, as `level check`. */
  wrong: string[];
  findings: Finding[];
}

export class DoctorHost extends TestHost {
  readonly path = `${join(this.root, 'bin')}:${process.env.PATH}`;

  /** With a guest that is shaped. */
  static well(): DoctorHost {
    const host = new DoctorHost(config);
    host.bridge('br0', 'eth0').tap('vnet0');
    if (existsSync(callIptables)) writeFileSync(callIptables, '0');
    mkdirSync(join(host.root, 'run/systemd/system'), { recursive: true });
    host.units('enabled', 'active');
    assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).stderr, '');
    host.write('run/virt-shaper/last-sync', '');
    return host;
  }

  /** In the place of a command. */
  wrapper(name: string, script: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.root, 'bin', name), 0o755);
  }

  units(enabled: string, active: string): void {
    this.wrapper(
      'systemctl',
      `for unit; do case $unit in virt-shaper*)
       printf 'Id=%s\\nLoadState=loaded\\nUnitFileState=${enabled}\\nActiveState=${active}\\n\\n' "$unit";; esac; done`,
    );
  }

  examine(): Examined {
    const { status, stdout, stderr } = this.run(['doctor', '--json'], { path: this.path });
    assert.is(stderr, '');
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    const levels = findings.map(({ level }) => level);
    assert.is(status, levels.includes('problem') ? 1 : levels.includes('warning') ? 3 : 0);
    const wrong = findings.filter(({ level, check }) => level !== 'ok' && !machine.includes(check));
    return { status, wrong: wrong.map(({ level, check }) => `${level} ${check}`), findings };
  }
}

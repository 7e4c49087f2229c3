// The host of the tests of small changes: three guests run, a fourth has its tap, and what virt-shaper calls is written
// down on the way.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Call, type Fault, Wrapper } from '../faults/wrapper.ts';
import { kernelState, type Result, TestHost } from './host.ts';

/** Guarantees that fit while two of the three run: the third's start scales the others'. */
export const config = `
[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest."f*"]
group = "friends"
rate = "12mbit"
ceil = "30mbit"
[guest."*"]
rate = "5mbit"
ceil = "50mbit"
`;

export class SmallHost extends TestHost {
  readonly wrapper: Wrapper;

  constructor() {
    super(config);
    this.bridge('br0', 'eth0');
    for (const tap of ['vnet0', 'vnet1', 'vnet2', 'vnet3']) this.tap(tap);
    this.wrapper = new Wrapper(this.root);
    for (const [guest, tap] of [
      ['alone', 'vnet0'],
      ['f1', 'vnet1'],
      ['f2', 'vnet2'],
    ] as const) {
      assert.is(this.hook(guest, 'start', { [tap]: 'br0' }).status, 0);
    }
    // The first guests bring trees and groups; from here on all is there.
    assert.is(this.run(['sync']).status, 0);
  }

  /** A hook with what it calls written down, and a fault at one call. */
  watched(
    name: string,
    operation: string,
    taps: Record<string, string>,
    fault: Fault | 'none' = 'none',
  ): Result & { calls: Call[] } {
    this.wrapper.plan(fault);
    const path = `${this.wrapper.folder}:${process.env.PATH}`;
    return { ...this.hook(name, operation, taps, { path }), calls: this.wrapper.calls() };
  }

  /** The same policy on a kernel that has nothing of it yet. */
  byTheWholeWay(): string {
    assert.is(this.run(['unload']).status, 0);
    assert.is(this.run(['load']).status, 0);
    return kernelState();
  }

  isInForce(): void {
    const { status, stdout, stderr } = this.run(['verify']);
    assert.is(status, 0, stdout + stderr);
    assert.not(existsSync(join(this.root, 'run/virt-shaper/journal')));
  }
}

/** Whether that was the short way: what it makes and what it asks. */
export function tools({ calls }: { calls: Call[] }): string {
  return calls.map(({ tool, args }) => `${tool} ${args.replace(/ \S*\//g, ' ')}`).join('; ');
}

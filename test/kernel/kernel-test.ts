// What nearly every test of this folder begins with: a namespace, the commands, and for each test a small host of its own
// that is taken out again.
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { type Result, TestHost } from './host.ts';

export interface Wanted<Host extends TestHost> {
  /** Nothing where `make` needs none. */
  config?: string;
  /** Bridge -> its uplink; br0 with eth0 where it is absent. */
  bridges?: Record<string, string>;
  /** On the first of the bridges. */
  taps?: string[];
  /** Commands besides those of virt-shaper itself. */
  needs?: string[];
  /** What else each test begins with. */
  begin?: (host: Host) => void;
  /** Of another kind than TestHost, such as InsideHost. */
  make?: (config: string) => Host;
}

/** What `verify --json` says that somebody has changed. Guests that no load has seen are no drift. */
export function driftIn({ stdout, stderr }: Result): unknown[] {
  try {
    return (JSON.parse(stdout) as { differences: unknown[] }).differences;
  } catch {
    return [stdout, stderr];
  }
}

/**
 * @returns `test` as uvu has it, and `host`, which is another host in each test. `keeps` is a test at whose end the last
 *   load has succeeded: verify is 0 and a further load has nothing to do.
 */
export function kernelTest<Host extends TestHost = TestHost>(wanted: Wanted<Host>) {
  const { config = '', bridges = { br0: 'eth0' }, taps = ['vnet0', 'vnet1'], needs = [], begin } = wanted;
  const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', ...needs));
  const make = wanted.make ?? ((text: string) => new TestHost(text) as Host);
  let current: Host | undefined;
  test.before.each(() => {
    current = make(config);
    const [first = ''] = Object.keys(bridges);
    for (const [bridge, uplink] of Object.entries(bridges)) current.bridge(bridge, uplink);
    for (const tap of taps) current.tap(tap, first);
    begin?.(current);
  });
  test.after.each(() => current?.end());
  const host = new Proxy({} as Host, {
    get: (_, key) => Reflect.get(current as Host, key, current),
    set: (_, key, value) => Reflect.set(current as Host, key, value, current),
  });
  const keeps = (name: string, body: () => void | Promise<void>) =>
    test(name, async () => {
      await body();
      assert.match(host.run(['load']).stderr, 'nothing to do', 'the last load has left nothing to do');
      assert.equal(driftIn(host.run(['verify', '--json'])), []);
    });
  return { test, keeps, host };
}

// Running guests that the rules in force do not cover, and what is said of each: by the configuration that is there now.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Guest } from '../../../src/guests/guest.ts';
import { findStrays, type RunningGuests, readRunningGuests } from '../../../src/observe/read-running.ts';
import { writeGuests } from '../../../src/store/guests.ts';
import type { InForce } from '../../../src/store/in-force-plan.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { writeOff } from '../../../src/store/unloaded.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-running-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const paths = () => makePaths({ root });
const put = (file: string, text: string) => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
};
const configure = (toml: string) => put(join(root, 'etc/virt-shaper/config.toml'), toml);

const guest = (name: string, ...taps: string[]): Guest => ({
  name,
  driver: 'qemu',
  nics: taps.map((tap) => ({ tap, bridge: 'nosuchbr0' })),
});
/** @param known `TAP GUEST` of each NIC that is shaped */
function plan(known: string[], unshaped: InForce['unshaped'] = []): InForce {
  const taps = known.map((one) => ({ name: one.split(' ')[0], guest: one.split(' ')[1] }));
  return { version: 1, uplinks: [{ taps }], unshaped, warnings: [] } as unknown as InForce;
}

function strays(inForce: InForce, running: Partial<RunningGuests>): string[] {
  const found = findStrays(inForce, { guests: [], missing: [], ...running }, paths());
  return found.map(({ guest, tap, kind, reason, remedy }) =>
    [guest, tap, kind, `${reason}; ${remedy}`].join(' '),
  );
}

test('who is covered is no stray; of another NIC of his, and of others, it is said that no load has seen them', () => {
  configure('[defaults]\nunlisted = "shape"\n');
  const unknown = (name: string, tap: string, remedy = 'virt-shaper sync shapes it') =>
    `${name} ${tap} unknown it runs by ${tap}, and no load has seen that: it has no limit; ${remedy}`;
  const guests = [guest('ann', 't0', 't1'), guest('bob', 't2')];
  assert.equal(strays(plan(['t0 ann', 't1 ann', 't2 bob']), { guests }), []);
  const configured = strays(plan(['t0 ann', 't2 ann']), { guests });
  assert.equal(
    configured.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['ann t1', 'bob t2'],
  );
  const told = [{ guest: 'bob', kind: 'refused' as const, reason: 'no room' }];
  assert.equal(strays(plan(['t0 ann', 't1 ann'], told), { guests }), [], 'a reason is known');
  rmSync(join(root, 'etc'), { recursive: true });
  configure('[guest.ann\n');
  const once = 'once there is a configuration without mistakes: virt-shaper apply';
  assert.equal(strays(plan(['t0 ann']), { guests }), [
    unknown('ann', 't1', once),
    unknown('bob', 't2', once),
  ]);
});

test('whom the configuration leaves out is not shaped by its word, and of whom it shapes a sync is the remedy', () => {
  configure('[guest.ann]\n');
  const [bob = '', ...more] = strays(plan([]), { guests: [guest('bob', 't2')] });
  assert.equal([bob.startsWith('bob t2 unlisted it has no entry in the configuration'), more], [true, []]);
  const two = strays(plan([]), { guests: [guest('bob', 't2', 't3')] });
  assert.equal(
    two.map((line) => line.split(' ').slice(0, 3).join(' ')),
    ['bob t2 unlisted', 'bob t3 unlisted'],
    'each of its NICs',
  );
});

test('after an unload that is the reason, with the command that loads again', () => {
  configure('[guest.ann\n');
  const off = () => strays(plan([]), { guests: [guest('ann', 't0')] });
  put(paths().unloaded, '');
  writeOff(paths().unloaded, 'unloaded');
  const reason = 'ann t0 unloaded virt-shaper unload has taken all limits out';
  assert.equal(off(), [`${reason}; once there is a configuration without mistakes: virt-shaper apply`]);
});

test('a NIC that libvirt lists and the kernel has not is said after the others, where the rules do not cover it', () => {
  configure('[guest.ann\n');
  const missing = [
    { guest: 'ann', tap: 't8' },
    { guest: 'ann', tap: 't9' },
  ];
  const found = strays(plan(['t8 ann']), { guests: [guest('bob', 't2')], missing });
  assert.equal(
    found.map((line) => line.split(' ').slice(0, 3).join(' ')),
    ['bob t2 unknown', 'ann t9 tap-missing'],
  );
  assert.equal(
    strays(plan(['t8 ann']), { missing }).map((line) => line.split(' ').slice(0, 3).join(' ')),
    ['ann t9 tap-missing'],
  );
  assert.equal(strays(plan(['t8 ann', 't9 ann']), { missing }), []);
});

test('who runs: by the notes and libvirt, as far as devices are there', () => {
  const status = (name: string, ...taps: string[]) => {
    const nics = taps.map(
      (tap) => `<interface type='bridge'><source bridge='nosuchbr0'/><target dev='${tap}'/></interface>`,
    );
    const domain = `<domain><name>${name}</name><devices>${nics.join('')}</devices></domain>`;
    put(join(paths().libvirtState('qemu'), `${name}.xml`), `<domstatus>${domain}</domstatus>`);
  };
  const read = () => {
    const { guests, missing } = readRunningGuests(paths());
    return [guests.map(({ name }) => name), missing.map(({ guest, tap }) => `${guest} ${tap}`)];
  };
  assert.equal(read(), [[], []]);
  put(paths().guests, '');
  writeGuests(paths().guests, [guest('ann', 'lo'), guest('bob', 'nosuch1')]);
  assert.equal(read(), [['ann'], []]);
  status('cid', 'nosuch2', 'lo', 'nosuch3');
  const [, missing] = read();
  assert.equal(missing, ['cid nosuch2', 'cid nosuch3']);
  put(paths().guests, '{');
  assert.equal(read(), [['cid'], ['cid nosuch2', 'cid nosuch3']], 'notes that are damaged are none');
});

test.run();

// Of which running guests the plan in force knows nothing, NIC by NIC.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Guest } from '../../../src/guests/guest.ts';
import type { MomentSubject } from '../../../src/policy/moment/moment.ts';
import { guestsWithout, hasGuest, hasSubject, type InForce } from '../../../src/store/in-force-plan.ts';

const guest = (name: string, ...taps: string[]): Guest => ({
  name,
  driver: 'qemu',
  nics: taps.map((tap) => ({ tap, bridge: 'br0' })),
});
const inForce = (shaped: [string, string][], unshaped: [string, string?][] = []) =>
  ({
    uplinks: [{ taps: shaped.map(([of, name]) => ({ guest: of, name })) }],
    unshaped: unshaped.map(([of, tap]) => ({ guest: of, ...(tap === undefined ? {} : { tap }) })),
  }) as unknown as InForce;

const without = (plan: InForce, ...guests: Guest[]) => guestsWithout(plan, guests).map(({ name }) => name);

test('each NIC is shaped, or it is said why not', () => {
  const plan = inForce([['cliff', 'vnet0']], [['cliff', 'vnet1']]);
  assert.equal(without(plan, guest('cliff', 'vnet0')), []);
  assert.equal(without(plan, guest('cliff', 'vnet0', 'vnet1')), []);
  assert.equal(without(plan, guest('cliff', 'vnet0', 'vnet2')), ['cliff'], 'plugged in since');
  assert.equal(without(plan, guest('rob', 'vnet0')), ['rob'], 'of another guest');
  assert.equal(without(plan, guest('rob', 'vnet1')), ['rob'], 'of another guest');
  assert.equal(without(plan, guest('cliff')), [], 'without a NIC there is nothing to shape');
});

test('what is said of a guest as a whole is said of each of its NICs', () => {
  const plan = inForce([], [['ann']]);
  assert.equal(without(plan, guest('ann', 'vnet0', 'vnet1'), guest('rob', 'vnet2')), ['rob']);
  assert.ok(hasGuest(plan, guest('ann', 'vnet0')));
  assert.not(hasGuest(plan, guest('rob', 'vnet0')));
});

test('whom a limit for now can be for: who has classes on any of the uplinks', () => {
  const named = (...names: string[]) => names.map((name) => ({ name }));
  const tree = (guests: string[], groups: Record<string, string[]> = {}) => ({
    guests: named(...guests),
    groups: Object.entries(groups).map(([name, members]) => ({ group: { name }, guests: named(...members) })),
  });
  const uplink = (name: string, out: object) => ({ name, trees: { out } });
  const plan = {
    uplinks: [uplink('eth0', tree(['ann'], { web: ['ben'] })), uplink('eth1', tree(['cleo'], { db: [] }))],
  } as unknown as InForce;
  const has = (kind: MomentSubject['kind'], ...names: string[]) =>
    names.filter((name) => hasSubject(plan, { kind, name } as MomentSubject));
  const names = ['ann', 'ben', 'cleo', 'web', 'db', 'eth0', 'eth1', 'none'];
  assert.equal(has('guest', ...names), ['ann', 'ben', 'cleo']);
  assert.equal(has('group', ...names), ['web', 'db']);
  assert.equal(has('unmarked', ...names), ['eth0', 'eth1']);
  assert.not(hasSubject({ ...plan, uplinks: [] }, { kind: 'guest', name: 'ann' } as MomentSubject));
});

test.run();

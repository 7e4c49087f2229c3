// Random histories of the hook: guests start, stop and start again, and libvirt gives out tap numbers anew
// without telling whose they were.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Guest } from '../../src/guests/guest.ts';
import { withGuest, withoutGuest } from '../../src/guests/list.ts';
import { amount } from '../support/amount.ts';

const guest = fc
  .tuple(
    fc.constantFrom('cliff', 'rob', 'jason', '__proto__'),
    fc.uniqueArray(fc.constantFrom('vnet0', 'vnet1', 'vnet2'), { maxLength: 2 }),
  )
  .map(
    ([name, taps]): Guest => ({ name, driver: 'qemu', nics: taps.map((tap) => ({ tap, bridge: 'br0' })) }),
  );
const event = fc.record({ kind: fc.constantFrom('start', 'start', 'stop'), guest });
const history = fc.array(event, { maxLength: 12 });

/** Calls `check` with the state before and after each event. */
function play(
  events: { kind: string; guest: Guest }[],
  check: (after: Guest[], before: Guest[], event: { kind: string; guest: Guest }) => void,
): void {
  let state: Guest[] = [];
  for (const event of events) {
    const before = structuredClone(state);
    const after = event.kind === 'start' ? withGuest(state, event.guest) : withoutGuest(state, event.guest);
    assert.equal(state, before, 'the state before is left as it was');
    check(after, before, event);
    state = after;
  }
}

const tapsOf = (guests: Guest[]) => guests.flatMap(({ nics }) => nics.map(({ tap }) => tap));
const namesOf = (guests: Guest[]) => guests.map(({ name }) => name);

function property(check: Parameters<typeof play>[1]): void {
  fc.assert(
    fc.property(history, (events) => play(events, check)),
    { numRuns: amount(1000) },
  );
}

test('a tap belongs to one guest, and a name to one', () => {
  property((after) => {
    assert.is(new Set(tapsOf(after)).size, tapsOf(after).length);
    assert.is(new Set(namesOf(after)).size, after.length);
  });
});

test('who starts has the NICs he started with; who stops is gone', () => {
  property((after, _before, { kind, guest }) => {
    const found = after.find(({ name }) => name === guest.name);
    assert.equal(found, kind === 'start' ? guest : undefined);
  });
});

test('the others keep their place and every tap that was not given out anew', () => {
  property((after, before, { kind, guest }) => {
    const others = (guests: Guest[]) => guests.filter(({ name }) => name !== guest.name);
    const given = kind === 'start' ? tapsOf([guest]) : [];
    const expected = others(before).map(({ nics, ...rest }) => ({
      ...rest,
      nics: nics.filter(({ tap }) => !given.includes(tap)),
    }));
    assert.equal(others(after), expected);
  });
});

test('longest running first: who starts is last, who is told of again keeps his place', () => {
  property((after, before, { kind, guest }) => {
    if (kind === 'stop') return;
    const known = namesOf(before).indexOf(guest.name);
    assert.is(namesOf(after).indexOf(guest.name), known < 0 ? before.length : known);
  });
});

test.run();

// The screen of explain for every state of a guest, in its exact words: what it says first, and what of.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { explainText } from '../../../../src/report/explain/text.ts';
import { textOf } from '../../../../src/text/spans.ts';
import { explanation, held, nic, rate, row, uplink, way } from './made.ts';

const said = (change: object = {}, mistaken = false) =>
  explainText(explanation(change), '/etc/virt-shaper', mistaken).map((line) => textOf(line).trimEnd());
/** Until the first empty line. */
const verdict = (change: object = {}, mistaken = false) => {
  const lines = said(change, mistaken);
  return lines.slice(0, lines.indexOf(''));
};
test('the first line: whether it is shaped, where, and whether that is in force', () => {
  const first = (change: object) => verdict(change)[0];
  const many = [uplink('eth0'), uplink('eth1')];
  assert.is(first({}), 'cliff is shaped on eth0, and the kernel holds what is configured.');
  assert.is(
    first({ uplinks: many }),
    'cliff is shaped on eth0 and eth1, and the kernel holds what is configured.',
  );
  assert.is(
    first({ state: 'partly' }),
    'cliff is shaped on eth0, but not in both directions by all of its NICs, and the kernel holds what is configured.',
  );
  assert.is(first({ state: 'stopped' }), 'cliff does not run, and the kernel holds nothing for it.');
  assert.is(first({ state: 'stopped', kernel: 'no kernel' }), 'cliff does not run.');
  assert.is(first({ state: 'unshaped' }), 'cliff is NOT shaped.');
  assert.is(first({ state: 'left out' }), 'cliff is left out: it is not shaped, as configured.');
  assert.is(first({ state: 'unknown', kernel: 'no kernel' }), 'cliff should be shaped on eth0.');
  assert.is(
    first({
      kernel: { ...held, differences: [{}], obstacles: ['x'] },
      rules: { folder: 'r', lines: [], rendered: 'differ' },
    }),
    'cliff should be shaped on eth0, but something else is IN FORCE.',
  );
  assert.is(first({ guest: 'a b' }), '"a b" is shaped on eth0, and the kernel holds what is configured.');
});

test('what is wrong stands right below, in the order of how much it concerns', () => {
  const reason = (text: string, kind = 'unable') => ({ kind, reason: text });
  const lines = verdict({
    meant: 'cliffs',
    reasons: [reason('as a whole')],
    nics: [
      nic('vnet0', { reasons: [reason('a NIC')] }),
      nic('vnet1', { reasons: [reason('as wished', 'unlisted')] }),
    ],
    shaping: [row({ faults: [{ kind: 'filter', directions: ['in'], reason: 'of the kernel' }] as never })],
    rules: { folder: 'rules.d', lines: [], rendered: 'missing' },
    warnings: ['a warning'],
  });
  assert.equal(lines.slice(1), [
    '  ! no entry has its own name; did you mean cliffs?',
    '  ! as a whole',
    '  ! vnet0: a NIC',
    '  ! of the kernel',
    '  ! nothing is in rules.d yet: virt-shaper apply',
    '  ! a warning',
  ]);
});

test('why a NIC is not shaped is said twice only where nothing of the guest is', () => {
  const of = (state: string, kind: string) => {
    const nics = [nic('vnet1', { reasons: [{ kind, reason: 'a wish' }] })];
    return verdict({ state, nics }).slice(1);
  };
  assert.equal(of('shaped', 'unable'), ['  ! vnet1: a wish']);
  assert.equal(of('shaped', 'unlisted'), []);
  assert.equal(of('unshaped', 'unlisted'), ['  ! vnet1: a wish']);
  assert.equal(of('left out', 'unlisted'), ['  ! vnet1: a wish']);
  assert.equal(verdict({ state: 'unshaped', nics: [] }).slice(1), ['  ! it has no NIC']);
  assert.equal(verdict({ state: 'left out', nics: [] }).slice(1), ['  ! it has no NIC']);
  assert.equal(verdict({ state: 'shaped', nics: [] }).slice(1), []);
  assert.equal(
    verdict({ state: 'unshaped', nics: [], reasons: [{ kind: 'unable', reason: 'why' }] }).slice(1),
    ['  ! why'],
  );
});

test('faults in the kernel come with what mends them, each once', () => {
  const fault = (reason: string, remedy?: string) => ({
    kind: 'filter',
    directions: ['in'],
    reason,
    ...(remedy ? { remedy } : {}),
  });
  const of = (faults: object[], more: object = {}) =>
    verdict({ shaping: [row({ faults: faults as never }), row({ faults: faults as never })], ...more }).slice(
      1,
    );
  assert.equal(of([fault('it is lost')]), ['  ! it is lost']);
  assert.equal(of([fault('it is lost', 'virt-shaper load')]), ['  ! it is lost: virt-shaper load']);
  assert.equal(of([fault('it is lost:', 'virt-shaper load')]), ['  ! it is lost: virt-shaper load']);
  assert.equal(of([fault('one'), fault('two')]), ['  ! one', '  ! two']);
  assert.equal(
    of([fault('one')], { reasons: [{ kind: 'unable', reason: 'one' }] }),
    ['  ! one'],
    'it is said already',
  );
  const nics = [nic('vnet0', { reasons: [{ kind: 'unable', reason: 'one' }] })];
  assert.equal(of([fault('one')], { nics }), ['  ! vnet0: one']);
});

test('what is between the configuration and the kernel, with the command that mends it', () => {
  const of = (rendered: string, kernel: object | string = held, mistaken = false, more: object = {}) =>
    verdict({ rules: { folder: 'rules.d', lines: [], rendered }, kernel, ...more }, mistaken).slice(1);
  const element = { ports: 'vnet0 . eth0', class: '1:10' };
  assert.equal(of('same'), []);
  assert.equal(of('others'), []);
  assert.equal(of('differ'), [
    '  ! rules.d says something else than the configuration and the guests now: virt-shaper apply',
  ]);
  assert.equal(of('missing', held, true), [
    '  ! nothing is in rules.d yet: mend the configuration first (virt-shaper check), then virt-shaper apply',
  ]);
  assert.equal(of('differ', held, true), [
    '  ! rules.d says something else than the configuration in force and the guests now: mend the configuration first (virt-shaper check), then virt-shaper apply',
  ]);
  assert.equal(of('same', 'no kernel'), ['  ! what the kernel holds cannot be told: no kernel']);
  assert.equal(of('same', { ...held, obstacles: ['in the way'] }), ['  ! in the way']);
  const differs = (what: string) => [
    `  ! the kernel differs from rules.d in ${what}, see the end: virt-shaper load`,
  ];
  assert.equal(of('same', { ...held, missingElements: [element] }), differs('1 thing'));
  assert.equal(of('same', { ...held, surplusElements: [element] }), differs('1 thing'));
  assert.equal(
    of('same', { ...held, missingElements: [element], surplusElements: [element, element] }),
    differs('3 things'),
  );
  assert.equal(of('missing', { ...held, missingElements: [element] }).length, 1, 'there is nothing to load');
  const unloaded = {
    shaping: [row({ faults: [{ kind: 'unloaded', directions: [], reason: 'all is off' }] as never })],
  };
  assert.equal(of('differ', { ...held, missingElements: [element] }, false, unloaded), ['  ! all is off']);
  const other = { shaping: [row({ faults: [{ kind: 'filter', directions: [], reason: 'else' }] as never })] };
  assert.equal(of('same', { ...held, missingElements: [element] }, false, other), [
    '  ! else',
    ...differs('1 thing'),
  ]);
});

test('a guarantee that was scaled is told from a fault', () => {
  const cut = (by: string, more: object = {}) => ({ by, name: 'eth0', ...more });
  const of = (cuts: object[], state = 'shaped') =>
    verdict({
      state,
      uplinks: [
        uplink('eth0', {
          out: way({ rate: rate(4e6, { found: 5e6, cuts }) }),
          in: way({ rate: rate(4e6, { found: 5e6, cuts }) }),
        }),
      ],
    }).slice(1);
  const sum = { of: 20e6, limit: 10e6 };
  const words = '  ! its guarantee on eth0 is 4mbit of 5mbit: ';
  assert.equal(of([cut('sum', { sum })]), [
    `${words}the guarantees of eth0 sum to 20mbit, and there are only 10mbit`,
  ]);
  assert.equal(of([cut('refused')]), [`${words}those of the guests before it come first`]);
  assert.equal(of([cut('ceil')]), []);
  assert.equal(of([cut('sum', { sum }), cut('refused')]), [
    `${words}those of the guests before it come first`,
  ]);
  assert.equal(of([cut('refused')], 'stopped'), [], 'who does not run has none');
});

test.run();

// Chains that a frame is led to by jumps, however many of them follow one another.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseListing } from '../../../../src/kernel/nft/listing.ts';
import { makeWalk } from '../../../../src/observe/way/walk.ts';

/** The mark behind as many chains as `verbs`, each of which leads to the next; the last one has `rules`. */
function pass(verbs: string[], rules: string, behind = 'meta priority set 1:20') {
  const chains = verbs.map((_, at) => {
    const next = verbs[at + 1];
    return `\tchain c${at} {\n\t\t${next ? `${next} c${at + 1}\n\t\t${behind}` : rules}\n\t}\n`;
  });
  const base = `\tchain theirs {\n\t\ttype filter hook forward priority 0; policy accept;\n\t\t${verbs[0]} c0\n\t}\n`;
  const walk = makeWalk(parseListing(`table bridge t {\n${base}${chains.join('')}}\n`));
  const stage = { families: ['bridge'], hook: 'forward', iifname: 'vnet0', oifname: 'eth0' };
  const begin = { bridge: 'br0', entries: ['vnet0'], mark: 1, priority: '1:10' };
  const { mark, priority, dropped, changes } = walk.pass([stage], begin);
  return [mark, priority, dropped, changes.length];
}

/** A kernel refuses a table with one more. */
const most = 15;
const many = (verb: string, count = most) => Array.from({ length: count }, () => verb);

test('a rule counts behind as many jumps as nft lets follow one another', () => {
  for (const count of [1, 2, most]) {
    assert.equal(pass(many('jump', count), 'meta mark set 0x00000007', 'counter'), [7, '1:10', false, 1]);
    assert.equal(pass(many('goto', count), 'meta mark set 0x00000007'), [7, '1:10', false, 1], 'goto');
    assert.equal(pass(many('jump', count), 'drop'), [1, '1:10', true, 0], 'dropped');
  }
});

test('behind a jump that comes back the next rule counts; behind a goto it does not', () => {
  assert.equal(pass(many('jump', 2), 'return'), [1, '1:20', false, 1]);
  assert.equal(pass(many('goto', 2), 'return'), [1, '1:10', false, 0]);
  assert.equal(pass(many('jump', 2), 'accept'), [1, '1:10', false, 0]);
});

test.run();

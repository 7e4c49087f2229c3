// Which changes of the table are a few elements, and which need all of it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nftCommands } from '../../../src/diff/table.ts';
import { noTable } from '../../../src/kernel/nft/table.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const rulesetOf = (guests: Record<string, string>) =>
  generateFor(makeWorld('[defaults]\nunlisted = "shape"\n[uplink.eth0]\n', guests)).rules['ruleset.nft'];
const one = rulesetOf({ ann: 'vnet0@br0' });
const two = rulesetOf({ ann: 'vnet0@br0', ben: 'vnet1@br0' });

test('a guest that comes or goes is its elements and chains, in an order that nft can follow', () => {
  const verbs = (text: string | undefined) => {
    const commands = text?.split('\n').filter(Boolean) ?? [];
    return commands.map((command) => command.split(' ', 2).join(' ').replace('add rule', 'create chain'));
  };
  const come = verbs(nftCommands(one, two));
  assert.ok(come.includes('create element'));
  assert.is(come.lastIndexOf('create chain') < come.indexOf('create element'), true, come.join('\n'));
  const go = verbs(nftCommands(two, one));
  assert.ok(go.includes('delete element'));
  assert.ok(go.every((verb) => verb.startsWith('delete')));
  assert.is(
    go.indexOf('delete chain') < 0 || go.lastIndexOf('delete element') < go.indexOf('delete chain'),
    true,
  );
  assert.ok((nftCommands(one, two) ?? '').split('\n').every((line) => !line.includes('vnet0')));
});

test('nothing differs, nothing is done', () => {
  assert.is(nftCommands(two, two), '');
});

test('where more differs than guests it is no small change', () => {
  for (const to of [
    two.replace('policy accept', 'policy drop'),
    two.replace(/type filter hook (\w+) priority/, 'type filter hook $1 priority 7 +'),
    two.replace('type ifname : mark', 'type ifname : mark\n\t\tflags interval'),
    two.replace('type ifname . mark : verdict', 'type ifname . mark : mark'),
    two.replace('type ifname . ifname : verdict', 'type iface_index . ifname : verdict'),
    noTable,
  ])
    assert.is(nftCommands(two, to), undefined, to.slice(0, 400));
  assert.is(nftCommands(noTable, two), undefined, 'from nothing');
  const moved = two.replace(/("vnet1" : )0x\w+/, '$10x7673ffff');
  assert.is.not(moved, two);
  assert.is(nftCommands(two, moved), undefined, 'an element that is there has another value');
});

test('an object that somebody has written into the table is no guest: what changes in it is not small', () => {
  const withQuota = (volume: string) => two.replace('\n}', `\n\tquota month {\n\t\tover ${volume}\n\t}\n}`);
  assert.is(nftCommands(withQuota('1 mbytes'), withQuota('2 mbytes')), undefined);
  assert.is(nftCommands(withQuota('1 mbytes'), withQuota('1 mbytes').replace('# ', '# # ')), '');
});

test.run();

// What is written in rules.d as nft prints it, so that a listing of it is the same text.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateFor, makeWorld } from '../../support/world.ts';

test('a limit inside the host is in the largest unit of nft that it is a whole number of', () => {
  for (const [local, rate] of [
    ['8mibit', '1 mbytes'],
    ['16mibit', '2 mbytes'],
    ['8kibit', '1 kbytes'],
    ['12mibit', '1536 kbytes'],
    ['8mbit', '1000000 bytes'],
  ]) {
    const world = makeWorld(`[guest.cliff]\nlocal = "${local}"\n`, { cliff: 'vnet0@br0' });
    const rule = `limit rate over ${rate}/second burst 128 kbytes`;
    assert.match(generateFor(world).rules['ruleset.nft'], rule, local);
  }
});

test.run();

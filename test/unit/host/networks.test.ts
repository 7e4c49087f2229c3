// libvirt's networks from the files of its own: by which bridge, and whether the host routes them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readNetworks } from '../../../src/host/networks.ts';

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-networks-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

/** As libvirt writes it while the network is active. */
const status = (inside: string) =>
  `<networkstatus>\n  <class_id bitmap='0-2'/>\n  <network>\n${inside}\n  </network>\n</networkstatus>\n`;
const network = (name: string, bridge: string, forward = '') =>
  status(`<name>${name}</name>${forward}<bridge name='${bridge}' stp='on' delay='0'/>`);

function read(files: Record<string, string>): Record<string, string> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const found = [...readNetworks(folder)].sort();
  return Object.fromEntries(found.map(([bridge, { name, mode }]) => [bridge, `${name} ${mode}`]));
}

test('the mode of each network by its bridge: without <forward> it is isolated, without a mode it is NAT', () => {
  const modes = read({
    'default.xml': network('default', 'virbr0', "<forward mode='nat'><nat/></forward>"),
    'routed.xml': network('routed', 'virbr1', "<forward mode='route' dev='eth0'/>"),
    'open.xml': network('open', 'virbr2', "<forward mode='open'/>"),
    'alone.xml': network('alone', 'virbr3'),
    'plain.xml': network('plain', 'virbr4', '<forward/>'),
    'dev.xml': network('dev', 'virbr5', "<forward dev='eth0'/>"),
  });
  assert.equal(modes, {
    virbr0: 'default nat',
    virbr1: 'routed route',
    virbr2: 'open open',
    virbr3: 'alone isolated',
    virbr4: 'plain nat',
    virbr5: 'dev nat',
  });
});

test('a bridge of the administrator’s own is no network’s, and no other file is read', () => {
  assert.equal(
    read({
      'bridged.xml': network('bridged', 'br0', "<forward mode='bridge'/>"),
      'passing.xml': status(
        "<name>passing</name><forward mode='passthrough'><interface dev='eth1'/></forward>",
      ),
      'nameless.xml': status("<bridge name='virbr7'/>"),
      'bare.xml': status('<name>bare</name>'),
      'torn.xml': network('torn', 'virbr8').slice(0, 60),
      'empty.xml': '',
      'large.xml': network('large', 'virbr9') + ' '.repeat(1024 * 1024),
      'default.xml.new': network('default', 'virbr0'),
      'default.pid': '17\n',
      'good.xml': network('good', 'virbr1'),
    }),
    { virbr1: 'good isolated' },
  );
  mkdirSync(join(folder, 'folder.xml'));
  assert.equal([...readNetworks(folder).keys()], ['virbr1']);
  assert.is(readNetworks(join(folder, 'none')).size, 0, 'no libvirt');
});

test.run();

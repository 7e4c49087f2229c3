// What is advised where the files of the rules in force are damaged, done as it is printed, while another configuration is
// saved and rendered to be read first: the rules in force are made anew, and what was rendered is not loaded.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[uplink.eth0]
[guest.cliff]
ceil = "30mbit"
`;

const { test, host } = kernelTest({ config });

const good = (name: string) => join(host.rules, 'good', name);

const damages: Record<string, { does: () => void; says: string[] }> = {
  'rules that nobody can read': {
    does: () => writeFileSync(good('shape.tc'), 'class junk\n'),
    says: ['verify', 'doctor'],
  },
  'a file of them is gone': { does: () => rmSync(good('ruleset.nft')), says: ['verify', 'doctor'] },
  'their plan is gone': { does: () => rmSync(good('.plan.json')), says: ['verify', 'status', 'doctor'] },
  'their plan is damaged': {
    does: () => writeFileSync(good('.plan.json'), '{'),
    says: ['verify', 'status', 'doctor'],
  },
  'the notes of who runs are damaged': {
    does: () => host.write('run/virt-shaper/guests.json', '{'),
    says: ['doctor'],
  },
  'an uplink that was away': {
    does: () => {
      sh('ip link set eth0 down; ip link set eth0 name away');
    },
    says: ['status', 'doctor'],
  },
};

for (const [what, { does, says }] of Object.entries(damages)) {
  test(`${what}: what is advised loads nothing that was only rendered`, () => {
    host.runs('cliff', { vnet0: 'br0' });
    assert.is(host.run(['sync']).status, 0);
    host.configure(config.replace('30mbit', '77mbit'));
    assert.is(host.run(['render']).status, 0);
    const rendered = host.read('var/lib/virt-shaper/rules.d/shape.tc');
    does();
    const advice = 'virt-shaper sync --in-force';
    for (const command of says) {
      const { stdout, stderr } = host.run([command]);
      assert.match(stdout + stderr, advice, command);
      assert.not.match(stdout + stderr, /(?<!")virt-shaper (?:load|sync(?! --in-force))\b/, command);
    }
    if (what.startsWith('an uplink')) sh('ip link set away name eth0; ip link set eth0 up');
    assert.is(host.run(advice.split(' ').slice(1)).status, 0);
    assert.is(host.run(['verify']).status, 0);
    assert.match(sh('tc class show dev eth0'), 'ceil 30Mbit');
    assert.is(host.read('var/lib/virt-shaper/rules.d/shape.tc'), rendered, 'it waits to be read');
  });
}

test.run();

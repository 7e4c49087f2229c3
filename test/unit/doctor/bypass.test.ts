// Flowtables and routing rules beside our marks, from what nft and ip print: many kernels have no flowtables.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type BypassFacts, checkBypass, readBypass } from '../../../src/doctor/bypass.ts';
import type { Run } from '../../../src/system/exec.ts';

const listing = `table inet filter {
	flowtable f {
		hook ingress priority filter
		devices = { eth0, eth7 }
	}

	flowtable g {
		hook ingress priority filter
		devices = { eth8 }
	}
}
table ip others {
	flowtable f {
		hook ingress priority filter
		devices = { eth8, eth9 }
	}
}
table ip6 ours {
	flowtable f {
		hook ingress priority filter
		devices = { vnet0, virbr0 }
	}
}
table ip none {
}
`;

async function read(rules: string, reflect = false) {
  const run: Run = async () => ({ status: 0, stdout: rules, stderr: '' });
  const sources = {
    listing,
    devices: new Set(['eth0', 'virbr0', 'vnet0']),
    marks: [0x76730000, 0x76770000],
    reflect,
  };
  return readBypass(run, sources);
}

test('a flowtable counts by those of its devices that are on a guest’s way', async () => {
  assert.equal(
    [...(await read('')).flowtables],
    [
      ['table inet filter', ['eth0']],
      ['table ip6 ours', ['vnet0', 'virbr0']],
    ],
  );
});

test('a routing rule counts where a mark of ours fits it', async () => {
  const fits = ['0x76730010', '0x76770010', '1987248144', '0x76730000/0xffff0000', '0x730000/0xff0000'];
  for (const mark of fits)
    assert.is((await read(`32765:\tfrom all fwmark ${mark} lookup 5`)).rules.length, 1, mark);
  for (const mark of ['0x1', '0x80000/0xff0000', '0x76740010', '0x5'])
    assert.equal((await read(`32765:\tfrom all fwmark ${mark} lookup 5`)).rules, [], mark);
  assert.is(
    (await read('32765:\tfrom all fwmark 0x10/0xff lookup 5')).rules.length,
    1,
    'any guest may have it',
  );
});

test('a rule without a mark, of no mark, or of all but one takes nothing of ours', async () => {
  for (const rule of [
    '0:\tfrom all lookup local',
    '32765:\tnot from all fwmark 0x76730010 lookup 5',
    '32765:\tfrom all fwmark 0/0xff lookup 5',
    '32765:\tfrom all fwmark 0x80000000/0x80000000 lookup 5',
  ])
    assert.equal((await read(rule)).rules, [], rule);
  const twice = '32765:\tfrom all   fwmark 0x76730010 lookup 5';
  assert.equal((await read(`${twice}\n${twice}`)).rules, ['32765: from all fwmark 0x76730010 lookup 5']);
});

test('a setting that is off and can be set here is no finding, nor is one that nobody needs', async () => {
  assert.equal((await read('')).fixed, []);
  const isFixed = (name: string) => {
    const file = `/proc/sys/${name.replaceAll('.', '/')}`;
    if (!existsSync(file) || readFileSync(file, 'utf8').trim() !== '0') return false;
    try {
      accessSync(file, constants.W_OK);
      return false;
    } catch {
      return true;
    }
  };
  const names = ['net.ipv4.fwmark_reflect', 'net.ipv6.fwmark_reflect'];
  assert.equal((await read('', true)).fixed, names.filter(isFixed));
});

const none: BypassFacts = { flowtables: new Map(), rules: [], unseen: [], fixed: [] };

test('each in words, with what to do; nothing where there is nothing', () => {
  assert.equal(checkBypass(none), []);
  const told = checkBypass({
    flowtables: new Map([
      ['table inet one', ['eth0']],
      ['table inet two', ['eth0', 'eth1']],
    ]),
    rules: ['100: from all fwmark 0x10 lookup 5'],
    unseen: ['iptables-legacy (filter)'],
    fixed: ['net.a', 'net.b'],
  });
  assert.equal(
    told.map(({ check, level, subject }) => `${level} ${check} ${subject}`),
    [
      'warning flowtable table inet one',
      'warning flowtable table inet two',
      'warning ip-rule ip rule',
      'warning iptables-legacy iptables-legacy',
      'warning settings settings',
    ],
  );
  assert.equal(
    told.slice(0, 2).map(({ hint }) => hint),
    ['take it out of its "devices"', 'take them out of its "devices"'],
  );
  assert.match(told[1]?.detail ?? '', 'holds eth0, eth1:');
  assert.match(told[2]?.detail ?? '', '"100: from all fwmark 0x10 lookup 5"');
  assert.match(told[3]?.detail ?? '', 'tables of iptables-legacy (filter)');
  assert.match(told[4]?.detail ?? '', 'net.a and net.b cannot be set here');
  assert.match(told[4]?.hint ?? '', 'sysctl net.a=1 net.b=1');
});

test.run();

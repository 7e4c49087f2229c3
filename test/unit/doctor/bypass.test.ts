// Flowtables and routing rules beside our marks, from what nft and ip print: many kernels have no flowtables.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readBypass } from '../../../src/doctor/bypass.ts';
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
`;

async function read(rules: string) {
  const run: Run = async () => ({ status: 0, stdout: rules, stderr: '' });
  const sources = {
    listing,
    devices: new Set(['eth0', 'virbr0', 'vnet0']),
    marks: [0x76730000],
    reflect: false,
  };
  return readBypass(run, sources);
}

test('a flowtable counts by those of its devices that are on a guest’s way', async () => {
  assert.equal([...(await read('')).flowtables], [['table inet filter', ['eth0']]]);
});

test('a routing rule counts where a mark of ours fits it', async () => {
  const fits = ['0x76730010', '0x76730000/0xffff0000', '0x730000/0xff0000'];
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

test.run();

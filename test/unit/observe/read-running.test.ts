// Who runs, by what the hook has noted, libvirt's status files and the kernel.
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readRunningGuests } from '../../../src/observe/read-running.ts';
import { writeGuests } from '../../../src/store/guests.ts';
import { guest, put, rootForEach } from '../../support/observed.ts';

const { paths } = rootForEach(test);

test('who runs: by the notes and libvirt, as far as devices are there', () => {
  const status = (name: string, ...taps: string[]) => {
    const nics = taps.map(
      (tap) => `<interface type='bridge'><source bridge='nosuchbr0'/><target dev='${tap}'/></interface>`,
    );
    const domain = `<domain><name>${name}</name><devices>${nics.join('')}</devices></domain>`;
    put(join(paths().libvirtState('qemu'), `${name}.xml`), `<domstatus>${domain}</domstatus>`);
  };
  const read = () => {
    const { guests, missing } = readRunningGuests(paths());
    return [guests.map(({ name }) => name), missing.map(({ guest, tap }) => `${guest} ${tap}`)];
  };
  assert.equal(read(), [[], []]);
  put(paths().guests, '');
  writeGuests(paths().guests, [guest('ann', 'lo'), guest('bob', 'nosuch1')]);
  assert.equal(read(), [['ann'], []]);
  status('cid', 'nosuch2', 'lo', 'nosuch3');
  const [, missing] = read();
  assert.equal(missing, ['cid nosuch2', 'cid nosuch3']);
  put(paths().guests, '{');
  assert.equal(read(), [['cid'], ['cid nosuch2', 'cid nosuch3']], 'notes that are damaged are none');
});

test.run();

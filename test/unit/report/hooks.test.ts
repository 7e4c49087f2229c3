// The screen of hooks status: every state of a hook file, whether libvirt knows of it, and what else there is.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type HooksStatus, reportHooks } from '../../../src/report/hooks.ts';

const one = (more: Partial<HooksStatus> = {}): HooksStatus => ({
  driver: 'qemu',
  file: '/etc/libvirt/hooks/qemu',
  state: 'ours',
  noticed: true,
  daemon: { name: 'libvirtd', pid: 7 },
  others: [],
  obstacles: [],
  todo: [],
  ...more,
});
const lines = (...all: HooksStatus[]) => reportHooks(all).split('\n').slice(0, -1);

test('each state in its words', () => {
  const words: Record<HooksStatus['state'], string> = {
    ours: 'installed',
    'not executable': 'installed, but not executable',
    nobody: 'not installed',
    damaged: 'damaged, so that no guest starts',
    edited: 'installed, and edited since',
    foreign: 'not installed: there is a file of somebody else',
  };
  for (const [state, text] of Object.entries(words))
    assert.is(
      lines(one({ state: state as HooksStatus['state'] }))[0],
      `qemu     ${text}: /etc/libvirt/hooks/qemu`,
      state,
    );
  assert.is(lines(one({ file: '/a b' }))[0], 'qemu     installed: "/a b"');
});

test('whether the daemon knows of it, where one runs and the hook is in order', () => {
  const second = (more: Partial<HooksStatus>) => lines(one(more))[1];
  assert.is(second({}), '         libvirtd (7) has noticed it');
  assert.is(second({ noticed: false }), '         libvirtd (7) may not have noticed it');
  assert.is(second({ noticed: null }), undefined);
  assert.is(second({ daemon: null }), undefined);
  assert.is(second({ state: 'edited' }), undefined);
});

test('what keeps libvirt from running it, other hooks, and what is to do, said once for all drivers', () => {
  const more = { obstacles: ['no shell'], others: ['/x y'], todo: ['first', 'second'] };
  assert.equal(
    lines(one(more), one({ ...more, driver: 'lxc', state: 'nobody', todo: ['second', 'third'] })),
    [
      'qemu     installed: /etc/libvirt/hooks/qemu',
      '         libvirtd (7) has noticed it',
      '         libvirt cannot run it, so no guest starts: no shell',
      '         runs too: "/x y"',
      '         to do: first',
      '         to do: second',
      'lxc      not installed: /etc/libvirt/hooks/qemu',
      '         libvirt could not run it: no shell',
      '         runs too: "/x y"',
      '         to do: third',
    ],
  );
  assert.equal(lines(), []);
});

test.run();

// What the distributions' own judges say of the packages: lintian and rpmlint of Debian 13.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bring, install, makeMachine, outside } from '../machine.ts';

const machine = makeMachine('judge');
machine.must(`${install} lintian rpmlint rpm`);

test('lintian --pedantic has no error and no warning, and every override says why', () => {
  const { output } = machine.run(
    `lintian --allow-root --pedantic --tag-display-limit 0 --show-overrides ${bring(machine, 'deb', 'built')}`,
  );
  console.log(output.trim());
  const found = output.split('\n').filter((line) => /^[EWP]:/.test(line));
  assert.equal(found, []);
});

test('rpmlint has no error', () => {
  outside(`cp packaging/rpm/virt-shaper.rpmlintrc.toml packaging/rpm/virt-shaper.spec ${machine.root}/root/`);
  const rpm = bring(machine, 'rpm', 'built');
  const { output } = machine.run(
    `rpmlint --config /root/virt-shaper.rpmlintrc.toml ${rpm} /root/virt-shaper.spec`,
  );
  console.log(output.trim());
  assert.match(output, / 0 errors/);
});

test.run();

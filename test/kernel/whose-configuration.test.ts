// Which configuration counts for whom: the one that was loaded for the timer and for guests, the present one for who
// applies it, and for a guest of which only it knows.
import * as assert from 'uvu/assert';
import { sh } from './host.ts';
import { twoGuests as config, insideTest } from './inside.ts';

const withCeil = (ceil: string, more = '') => config.replace('20mbit', ceil) + more;

const { test, host } = insideTest({
  begin: (host) => host.write('run/libvirt/qemu/.keep', ''),
});

const runs = (name: string, tap: string) => host.runs(name, { [tap]: 'br0' });
const start = async (name: string, tap: string) => {
  runs(name, tap);
  const result = await host.call(name, 'start', { [tap]: 'br0' });
  assert.is(result.status, 0, result.stderr);
  return result.stderr;
};
const ceils = () => {
  const found = [...sh('tc class show dev eth0').matchAll(/ceil (\d+Mbit)/g)].map(([, ceil]) => ceil);
  return [...new Set(found)].sort().join(' ');
};
const rules = (file: string) => host.read(`var/lib/virt-shaper/rules.d/${file}`);

test('what is edited counts neither for the timer nor for guests, but for who syncs or applies', async () => {
  await start('cliff', 'vnet0');
  host.configure(withCeil('50mbit'));
  await host.must(['sync', '--in-force']);
  assert.is(ceils(), '20Mbit');
  assert.is(await start('rob', 'vnet1'), '');
  assert.is(ceils(), '20Mbit');
  await host.must(['sync']);
  assert.is(ceils(), '50Mbit');
  host.configure(withCeil('60mbit'));
  await host.must(['apply']);
  assert.is(ceils(), '60Mbit');
  await host.must(['sync', '--in-force']);
  assert.is(ceils(), '60Mbit');
});

test('what is rendered to be read stays where it is, until somebody loads it or syncs by hand', async () => {
  await start('cliff', 'vnet0');
  host.configure(withCeil('50mbit'));
  await host.must(['render']);
  const rendered = rules('shape.tc');
  assert.match(rendered, 'ceil 50mbit');
  await start('rob', 'vnet1');
  await host.must(['sync', '--in-force']);
  assert.is(rules('shape.tc'), rendered);
  assert.match(rules('good/shape.tc'), '# guest rob');
  assert.is(ceils(), '20Mbit');
  host.configure(withCeil('60mbit'));
  await host.must(['sync']);
  assert.match(rules('shape.tc'), 'ceil 60mbit', 'who syncs by hand has decided');
  assert.is(ceils(), '60Mbit');
});

test('a guest of which only the present configuration knows brings it, and that is said', async () => {
  await start('cliff', 'vnet0');
  const newer = withCeil('50mbit', '[guest.ann]\nceil = "7mbit"\n');
  host.configure(newer);
  assert.is(await start('nobody', 'vnet1'), '', 'of no entry anywhere');
  assert.is(ceils(), '20Mbit');
  await host.must(['render']);
  assert.match(
    await start('ann', 'vnet2'),
    'only the configuration that was saved since the last load has an entry for guest ann, so it counts from now on',
  );
  assert.is(ceils(), '50Mbit 7Mbit');
  assert.match(rules('shape.tc'), '# guest ann', 'it is that of rules.d');
});

test('a mistake in it costs nobody anything', async () => {
  await start('cliff', 'vnet0');
  host.configure(`${withCeil('50mbit')}[guest.ann\n`);
  assert.match(await start('ann', 'vnet1'), 'the configuration cannot be used; the one in force counts');
  assert.is(ceils(), '20Mbit');
  assert.match(rules('good/shape.tc'), '# guest cliff');
  assert.is(await start('rob', 'vnet1'), '', 'it concerns nobody who has an entry');
});

test('while a load waits for its confirmation it brings nothing', async () => {
  await start('cliff', 'vnet0');
  const deadline = Number(sh('cat /proc/uptime').split(' ')[0]) * 1000 + 60_000;
  host.write('run/virt-shaper/confirm/pending.json', JSON.stringify({ id: 'x', deadline, former: true }));
  host.configure(withCeil('50mbit', '[guest.ann]\n'));
  await start('ann', 'vnet1');
  assert.is(ceils(), '20Mbit');
});

test('one in force that nobody can read any more gives way to the present one', async () => {
  await start('cliff', 'vnet0');
  const source = JSON.parse(rules('good/.source.json'));
  source.files[0].text = 'no_such_key = 1\n';
  host.write('var/lib/virt-shaper/rules.d/good/.source.json', `${JSON.stringify(source)}\n`);
  host.configure(withCeil('50mbit'));
  const { stderr } = await host.must(['sync', '--in-force']);
  assert.match(stderr, 'no_such_key');
  assert.match(stderr, 'the configuration in force cannot be used any more; the present one counts');
  assert.is(ceils(), '50Mbit');
});

test('what changes no rule is in force all the same once somebody applies it', async () => {
  await start('cliff', 'vnet0');
  host.configure(`# better said\n${config}`);
  await host.must(['apply']);
  assert.match(rules('.source.json'), 'better said');
  assert.match(rules('good/.source.json'), 'better said');
  for (const _ of [1, 2]) await host.must(['load']); // From here on nothing is understood again.
  host.configure(`${config}[guest.ann]\n`);
  assert.match((await host.must(['apply'])).stderr, 'nothing to do');
  assert.match(rules('good/.source.json'), 'guest.ann');
  assert.is(await start('ann', 'vnet1'), '');
  assert.match(sh('nft list table bridge virt-shaper'), 'ann sends');
});

test.run();

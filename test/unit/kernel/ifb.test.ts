// The lines of devices.ip, whose installation an ifb is, and the settings' file.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ifbBack, ifbLines, parseIfbLine } from '../../../src/kernel/ifb.ts';
import type { IfbDevice } from '../../../src/kernel/objects.ts';
import { aliasText, describeOwner, hostOwner, othersOf, splitAlias } from '../../../src/kernel/owner.ts';
import { parseSettings } from '../../../src/kernel/settings.ts';

const made = 'link add name ifb-eth0 up group 30323 txqueuelen 1000 type ifb';
const aliased = 'link set dev ifb-eth0 alias virt-shaper:eth0';

test('an ifb is made up, of our group, and called after its uplink', () => {
  const ifb = { name: 'ifb-eth0', alias: 'virt-shaper:eth0' };
  assert.equal(ifbLines(ifb), [made, aliased]);
  assert.equal(ifbLines({ ...ifb, alias: '' }), [made]);
  assert.equal(ifbLines({ ...ifb, owner: 'host', txqueuelen: 7 }), [
    made.replace('1000', '7'),
    `${aliased}=host`,
  ]);
  assert.is(
    ifbBack({ ...ifb, owner: 'host' }),
    'link set dev ifb-eth0 up group 30323 alias virt-shaper:eth0=host',
  );
});

test('each line is read as it was written, and only an alias of what a line above has made', () => {
  const devices = new Map<string, IfbDevice>();
  assert.not.ok(parseIfbLine(aliased, devices));
  assert.is(devices.size, 0, 'nobody has made it');
  assert.ok(parseIfbLine(made, devices));
  assert.ok(parseIfbLine(aliased, devices));
  assert.equal(
    [...devices.values()],
    [{ name: 'ifb-eth0', alias: 'virt-shaper:eth0', up: true, txqueuelen: 1000 }],
  );
  for (const other of [
    made.replace('30323', '7'),
    made.replace(' up', ''),
    `${made} mtu 9000`,
    'link set dev ifb-eth0 down',
    `${aliased} x`,
    aliased.replace('ifb-eth0', 'ifb-eth1'),
  ])
    assert.not.ok(parseIfbLine(other, devices), other);
  assert.is(devices.size, 1);
});

test('an alias says whose it is; the host’s own takes over what any other has', () => {
  const whole = { alias: 'virt-shaper:eth0', owner: '/srv/test' };
  assert.equal(splitAlias(aliasText(whole)), whole);
  assert.equal(splitAlias('virt-shaper:eth0'), { alias: 'virt-shaper:eth0' });
  const ifb = (owner?: string): IfbDevice => {
    return { name: 'x', alias: '', up: true, ...(owner === undefined ? {} : { owner }) };
  };
  const all = [ifb(), ifb('/srv/test'), ifb('host'), ifb('/srv/test')];
  assert.equal(othersOf('/srv/test', all), ['host']);
  assert.equal(othersOf('/srv/other', all), ['/srv/test', 'host', '/srv/test']);
  assert.equal(othersOf(hostOwner, all), []);
  assert.is(describeOwner('host'), "the host's own virt-shaper");
  assert.is(describeOwner('/srv/test'), 'virt-shaper --root /srv/test');
});

test('settings: ours alone, each a number; what is none is told by its line', () => {
  const text = '# ours\n\nnet.ipv4.fwmark_reflect = 1\nnet.ipv6.fwmark_reflect = 0\n';
  assert.equal(
    [...(parseSettings(text) as Map<string, string>)],
    [
      ['net.ipv4.fwmark_reflect', '1'],
      ['net.ipv6.fwmark_reflect', '0'],
    ],
  );
  assert.equal([...(parseSettings('  # x\n') as Map<string, string>)], []);
  for (const [line, at] of [
    ['net.ipv4.ip_forward = 1', 4],
    ['net.ipv4.fwmark_reflect=1', 4],
    ['net.ipv4.fwmark_reflect = x', 4],
  ] as const)
    assert.is(parseSettings(`${text}${line}\n`), at, line);
  assert.is(parseSettings('x\n'), 0);
});

test.run();

// What a right window, quota or boost means once it is read: each way it may be written, and what is left out.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OtherValues } from '../../../src/config/config.ts';
import type { ConfigError } from '../../../src/system/errors.ts';
import { readToml } from '../../support/world.ts';

const guest = (toml: string) => readToml(`[guest.a]\nrate = "2mbit"\nceil = "50mbit"\n${toml}`).guests[0];

/** Rates in kbit: `rate out/in, ceil out/in`; a dash for what is not written. */
function told({ rate, ceil }: OtherValues): string {
  const each = (values: OtherValues['rate']) =>
    [values?.out, values?.in].map((one) => (one === undefined ? '-' : one.value / 1000)).join('/');
  return `${each(rate)}, ${each(ceil)}`;
}

test('a quota: of both ways together or of each, monthly from the first day on where nothing is said', () => {
  const quota = (more: string) => {
    const found = guest(`[guest.a.quota]\nthen = { ceil = "1mbit" }\n${more}`)?.quota;
    const volume = Object.entries(found?.volume ?? {}).map(([way, one]) => `${way} ${one.value}`);
    return [found?.every.value, ...volume];
  };
  const month = { every: 'month', on: 1 };
  assert.equal(quota('volume = "1tb"\n'), [month, 'both 1000000000000']);
  assert.equal(quota('volume = { out = "1gb", in = "2gb" }\n'), [month, 'out 1000000000', 'in 2000000000']);
  assert.equal(quota('volume = { in = "2gb" }\n'), [month, 'in 2000000000']);
  assert.equal(quota('volume = "1gb"\nevery = "day"\n')[0], { every: 'day' });
  assert.equal(quota('volume = "1gb"\nevery = "month on 15"\n')[0], { every: 'month', on: 15 });
});

test('what holds afterwards is a rate, a ceil or both, in one direction or in both; of a group a ceil', () => {
  const then = (values: string) =>
    told(guest(`[guest.a.quota]\nvolume = "1gb"\nthen = ${values}\n`)?.quota?.then ?? {});
  assert.is(then('{ ceil = "1mbit" }'), '-/-, 1000/1000');
  assert.is(then('{ rate = "1mbit" }'), '1000/1000, -/-');
  assert.is(then('{ rate = "1mbit", ceil = { out = "2mbit" } }'), '1000/1000, 2000/-');
  assert.is(then('{ ceil = { in = "2mbit" } }'), '-/-, -/2000');
  const toml = '[group.g]\nceil = "9mbit"\nquota = { volume = "1gb", then = { ceil = "1mbit" } }\n';
  assert.is(told(readToml(toml).groups[0]?.quota?.then ?? {}), '-/-, 1000/1000');
});

test('windows: in the order in which they are written, each with one time or several', () => {
  const found = guest(
    '[[guest.a.when]]\ntime = "mon 08:00-18:00"\nceil = "1mbit"\n[[guest.a.when]]\ntime = ["sat", "sun 10:00-11:30"]\nrate = { out = "1mbit" }\n',
  )?.when;
  assert.equal(
    found?.map((window) => [told(window), ...window.times.map(({ from, to }) => `${from}-${to}`)]),
    [
      ['-/-, 1000/1000', '480-1080'],
      ['1000/-, -/-', '0-1440', '600-690'],
    ],
  );
  assert.is(guest('')?.when, undefined);
});

test('a boost has a ceil and a volume', () => {
  const boost = (ceil: string) => {
    const found = guest(`[guest.a.boost]\nceil = ${ceil}\nvolume = "10gb"\n`)?.boost;
    return [found?.ceil.out?.value, found?.ceil.in?.value, found?.volume.value];
  };
  assert.equal(boost('"100mbit"'), [1e8, 1e8, 1e10]);
  assert.equal(boost('{ in = "100mbit" }'), [undefined, 1e8, 1e10]);
  assert.is(guest('')?.boost, undefined);
});

test('limits inside the host: rates in bits, packets as numbers, and what takes out those of others', () => {
  const limits = (toml: string) => {
    const { local, pps, storm } = guest(toml) ?? {};
    return [local?.value, pps?.value, storm?.value];
  };
  assert.equal(limits(''), [undefined, undefined, undefined]);
  assert.equal(limits('local = "8mbit"\npps = 500\nstorm = "1mbit"\n'), [8e6, 500, 1e6]);
  assert.equal(limits('storm = 20\n'), [undefined, undefined, { packets: 20 }]);
  assert.equal(limits('local = "off"\npps = "off"\nstorm = "off"\n'), ['off', 'off', 'off']);
  const used = (toml: string) => readToml(toml).limited;
  assert.equal(used('[guest.a]\nlocal = "8mbit"\n'), { local: true, pps: false, storm: false });
  assert.equal(used('[group.g]\nceil = "1mbit"\npps = 5\n'), { local: false, pps: true, storm: false });
  assert.equal(used('[defaults]\nstorm = 5\n'), { local: false, pps: false, storm: true });
  assert.equal(used('[guest.a]\nlocal = "off"\n').local, false);
});

test('addresses: one, several, any; written with colons or dashes, in either case', () => {
  const macs = (value: string) => {
    const found = guest(`macs = ${value}\n`)?.macs;
    return found === 'any' ? found : found?.map((one) => one.value);
  };
  assert.is(macs('"any"'), 'any');
  assert.equal(macs('"52:54:00:AB:cd:01"'), ['52:54:00:ab:cd:01']);
  assert.equal(macs('["52-54-00-00-00-01", "fe:00:00:00:00:02"]'), [
    '52:54:00:00:00:01',
    'fe:00:00:00:00:02',
  ]);
  for (const wrong of [
    '"52:54:00:00:00"',
    '"52:54:00:00:00:0g"',
    '"53:54:00:00:00:01"',
    '"01:00:5e:00:00:01"',
    '"ff:ff:ff:ff:ff:ff"',
  ])
    assert.throws(() => macs(wrong), /is no Ethernet address|is an address of many/, wrong);
});

test('a guarantee may be all of the ceil that holds then, and no more', () => {
  const mistakes = (toml: string) => {
    try {
      guest(toml);
      return [];
    } catch (error) {
      return (error as ConfigError).problems.map(({ message }) => message);
    }
  };
  const window = (values: string) => `[[guest.a.when]]\ntime = "mon..fri 08:00-18:00"\n${values}`;
  assert.equal(mistakes(window('rate = "50mbit"\n')), []);
  assert.equal(mistakes(window('rate = "5mbit"\nceil = "5mbit"\n')), []);
  assert.match(mistakes(window('rate = "50001kbit"\n'))[0] ?? '', '50001kbit is more than');
  assert.match(mistakes(window('rate = "5001kbit"\nceil = "5mbit"\n'))[0] ?? '', '5001kbit is more than');
});

test.run();

// What is left of volumes and credit, as every view says it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allowancesFor, allowancesInUse, bytesLeft } from '../../../src/observe/volumes.ts';
import { allowancesOf } from '../../../src/policy/allowances.ts';
import type { Volumes } from '../../../src/policy/moment/volumes.ts';
import { statusAsData } from '../../../src/report/in-use-data.ts';
import { reportMetrics } from '../../../src/report/metrics/metrics.ts';
import { reportStatus } from '../../../src/report/status.ts';
import {
  creditsAsData,
  creditText,
  describeAllowances,
  quotasAsData,
  quotaUseText,
} from '../../../src/report/volumes.ts';
import { asked, makeInUse } from '../../support/in-use.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const [gb, tb] = [1e9, 1e12];
const begin = new Date('2028-12-15T00:00').getTime();
const end = new Date('2029-01-15T00:00').getTime();

const toml = `
[group.web]
ceil = "1gbit"
[group.web.quota]
volume = "20tb"
every = "month on 15"
then = { ceil = "100mbit" }
[guest.cliff]
[guest.cliff.quota]
volume = { out = "2tb", in = "1tb" }
every = "month on 15"
then = { ceil = "10mbit" }
[guest.cliff.boost]
ceil = "2gbit"
volume = "10gb"
[guest."web-*"]
group = "web"
[guest.rob]
`;

function inUse(more: Partial<Volumes> = {}) {
  const world = makeWorld(toml, { cliff: 'vnet0@br0', 'web-1': 'vnet1@br0', rob: 'vnet2@br0' });
  const allowances = allowancesOf(world.config, generateFor(world).policy);
  const period = { begin, end };
  const volumes: Volumes = {
    at: 0,
    quotas: new Map([
      ['guest cliff', { ...period, used: { out: 1.32 * tb, in: 0.25 * tb } }],
      ['group web', { ...period, used: { out: 15 * tb, in: 6 * tb } }],
    ]),
    credits: new Map([
      [
        'cliff',
        { out: { left: 4.2 * gb, isOn: true, total: 0 }, in: { left: -0.5 * gb, isOn: false, total: 0 } },
      ],
    ]),
    ...more,
  };
  return { allowances, shown: allowancesInUse(allowances, volumes) };
}

test('who has a volume or a credit, as the policy has them', () => {
  assert.equal(
    inUse().allowances.map(({ kind, name, quota, boost }) => [
      kind,
      name,
      quota !== undefined,
      boost !== undefined,
    ]),
    [
      ['group', 'web', true, false],
      ['guest', 'cliff', true, true],
    ],
  );
  assert.equal(
    allowancesInUse(inUse().allowances, undefined),
    { quotas: [], credits: [] },
    'before any sync',
  );
});

test('in words', () => {
  const { shown } = inUse();
  assert.equal(describeAllowances(shown), [
    'group web: 21.0TB of 20tb used a month on 15 (used up), until 2029-01-15 00:00',
    'cliff: 1.32TB of 2tb out, 250GB of 1tb in used a month on 15 (66 %), until 2029-01-15 00:00',
    'no credit for a boost is left to cliff',
  ]);
  assert.equal(shown.credits.map(creditText), ['4.20GB of 10gb left', 'none of 10gb left, 500MB owed']);
  assert.is(
    creditText({ guest: 'a', way: 'out', volume: gb, left: 1e6, isOn: false }),
    '1.00MB of 1gb left, not to be spent before a tenth is',
  );
  assert.equal(describeAllowances({ quotas: [], credits: [] }), []);
});

test('of many volumes those that are nearly used up', () => {
  const [, one] = inUse().shown.quotas;
  assert.ok(one);
  const many = Array.from({ length: 20 }, (_, at) => {
    const volumes = [{ way: 'both' as const, volume: 100, used: at < 18 ? at : 70 + at }];
    return { ...one, name: `g${at}`, volumes };
  });
  const lines = describeAllowances({ quotas: many, credits: [] });
  assert.is(lines.length, 3);
  assert.match(lines[0] ?? '', /^g19: 89B of 100b used/);
  assert.is(lines[2], '18 more volumes are less used: --json has them');
});

test('as data and as metrics', () => {
  const { shown } = inUse();
  assert.equal(quotasAsData(allowancesFor(shown, [], ['web']).quotas), [
    {
      group: 'web',
      direction: 'both',
      every: 'month on 15',
      begin: new Date(begin).toISOString(),
      end: new Date(end).toISOString(),
      volume: 20 * tb,
      used: 21 * tb,
      left: 0,
    },
  ]);
  assert.equal(quotasAsData(allowancesFor(shown, ['cliff'], []).quotas).length, 2);
  assert.equal(creditsAsData(allowancesFor(shown, ['rob'], []).credits), []);
  const all = { ...makeInUse([{ name: 'cliff' }]), allowances: shown };
  const metrics = reportMetrics(all, asked);
  for (const line of [
    'virt_shaper_guest_quota_bytes{guest="cliff",direction="out"} 2000000000000',
    'virt_shaper_guest_quota_used_bytes{guest="cliff",direction="in"} 250000000000',
    'virt_shaper_group_quota_used_bytes{group="web",direction="both"} 21000000000000',
    `virt_shaper_group_quota_end_timestamp_seconds{group="web",direction="both"} ${end / 1000}`,
    'virt_shaper_guest_credit_bytes{guest="cliff",direction="in"} -500000000',
    'virt_shaper_guest_credit_volume_bytes{guest="cliff",direction="out"} 10000000000',
  ]) {
    assert.ok(metrics.split('\n').includes(line), line);
  }
  const { quotas, credits } = statusAsData(all, asked) as { quotas: object[]; credits: object[] };
  assert.equal([quotas.length, credits.length], [3, 2]);
});

test('status shows those of the guests that it shows', () => {
  const { shown } = inUse();
  const text = reportStatus(
    { ...makeInUse([{ name: 'cliff' }]), allowances: shown },
    asked,
    { colours: false },
    0,
  );
  assert.match(text, /^cliff: 1\.32TB of 2tb out/m);
  assert.not.match(text, /group web/);
});

test('a volume that says nothing of one way is used up by the other', () => {
  const { shown } = inUse();
  const [, cliff] = shown.quotas;
  assert.ok(cliff);
  const volumes = [{ way: 'out' as const, volume: 100, used: 100 }];
  assert.match(quotaUseText({ ...cliff, volumes }), '100B of 100b out used a month on 15 (used up)');
});

test("what is left first of all: of both directions the smaller, of a member its group's too, credit without a volume", () => {
  const { shown } = inUse();
  const left = bytesLeft(shown);
  assert.equal(
    [left('cliff'), left(undefined, 'web'), left('web-1', 'web'), left('rob')],
    [0.68 * tb, 0, 0, undefined],
  );
  const [web] = shown.quotas.filter(({ kind }) => kind === 'group');
  assert.ok(web);
  const fresh = { ...web, volumes: [{ way: 'both' as const, volume: 2 * tb, used: 0 }] };
  const more = bytesLeft({ ...shown, quotas: [...shown.quotas.filter((one) => one !== web), fresh] });
  assert.equal([more('cliff', 'web'), more('rob', 'web')], [0.68 * tb, 2 * tb]);
  const credits = bytesLeft({ ...shown, quotas: [] });
  assert.equal([credits('cliff'), credits('web-1', 'web')], [0, undefined], 'what is owed is nothing left');
});

test.run();

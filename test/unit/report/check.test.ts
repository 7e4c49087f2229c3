// What check shows of a configuration that has no mistakes: what each entry would have, and where that is not what its
// writer may think.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Device, Kernel } from '../../../src/host/host.ts';
import { foresee } from '../../../src/policy/foresee.ts';
import { checkAsData, reportCheck } from '../../../src/report/check.ts';
import { readToml } from '../../support/world.ts';

const eth0: Record<string, Device> = {
  br0: { tap: false },
  eth0: { tap: false, master: 'br0', physical: true, speed: 1e9 },
};

function look(toml: string, devices = eth0, kernel?: Kernel) {
  return foresee(readToml(toml), new Map(Object.entries(devices)), kernel);
}

function warnings(...given: Parameters<typeof look>): string[] {
  return look(...given).warnings.map(({ at, message }) => `${at?.line ?? '-'}: ${message}`);
}

function lines(toml: string, devices?: Record<string, Device>): string[] {
  return reportCheck(look(toml, devices), readToml(toml), 'config.toml', { colours: false })
    .split('\n')
    .slice(0, -1);
}

const friends = `[defaults]
ceil = "300mbit"
[group.friends]
ceil = "20mbit"
[guest.cliff]
group = "friends"
rate = "15mbit"
[guest.rob]
group = "friends"
rate = { out = "15mbit", in = "1mbit" }
ceil = { out = "16mbit", in = "200mbit" }
[guest."web-*"]
rate = "5mbit"
`;

test('what was understood: a line for each entry, and what is not written in it', () => {
  assert.equal(lines(friends), [
    'GUEST    GROUP    RATE                  CEIL                               WRITTEN',
    'cliff    friends  15mbit                20mbit (its group)                 config.toml:5',
    'rob      friends  15mbit out, 1mbit in  16mbit out, 20mbit (its group) in  config.toml:8',
    '"web-*"  -        5mbit                 300mbit (defaults)                 config.toml:12',
  ]);
  assert.equal(lines('[guest.a]\n')[1], 'a      100mbit (built in)  1gbit (built in)  config.toml:1');
  assert.equal(lines(''), []);
});

test('what changes with the clock or a volume has a column, where there is any', () => {
  const toml = `[defaults]
rate = "1mbit"
ceil = "20mbit"
[[defaults.when]]
time = "sun"
ceil = "10mbit"
[group.web]
ceil = "1gbit"
[group.web.quota]
volume = "20tb"
every = "week"
then = { ceil = "100mbit" }
[guest.cliff]
[guest.cliff.boost]
ceil = "1gbit"
volume = "10gb"
[guest.rob]
group = "web"
when = [{ time = "mon", ceil = "5mbit" }, { time = "tue", ceil = "5mbit" }]
[guest.rob.quota]
volume = { out = "1tb", in = "2tb" }
every = "month on 15"
then = { ceil = "1mbit" }
`;
  assert.equal(lines(toml), [
    'GUEST  GROUP  RATE              CEIL               FOR A TIME                                                       WRITTEN',
    'cliff  -      1mbit (defaults)  20mbit (defaults)  1 window, boost of 10gb                                          config.toml:13',
    'rob    web    1mbit (defaults)  20mbit (defaults)  2 windows, 1tb out, 2tb in a month on 15; its group 20tb a week  config.toml:17',
  ]);
});

test('on two uplinks a guest that has other values there has a line for each', () => {
  const devices = {
    ...eth0,
    br1: { tap: false },
    eth1: { tap: false, master: 'br1', physical: true, speed: 1e8 },
  };
  const toml =
    '[guest.a]\nceil = "2mbit"\nrate = "1mbit"\n[guest.a.on.eth1]\nceil = "5mbit"\n[guest.b]\nceil = "3mbit"\nrate = "1mbit"\n';
  assert.equal(
    lines(toml, devices).map((line) => line.split(/ +/).slice(0, 4).join(' ')),
    ['GUEST UPLINK RATE CEIL', 'a eth0 1mbit 2mbit', 'a eth1 1mbit 5mbit', 'b - 1mbit 3mbit'],
  );
});

test('a group that promises more than it has, each way by itself; patterns are not counted', () => {
  assert.equal(warnings(friends), [
    '3: group.friends (out): cliff and rob are guaranteed 30mbit together, and its ceil is 20mbit',
  ]);
  const inherited = '[group.g]\nceil = "10mbit"\n[guest.a]\ngroup = "g"\n[guest.b]\ngroup = "g"\n';
  assert.equal(warnings(inherited), [
    '1: group.g: a and b are guaranteed 20mbit together, and its ceil is 10mbit',
  ]);
  assert.equal(
    warnings('[group.g]\nceil = "10mbit"\n[guest."a*"]\ngroup = "g"\n[guest.b]\ngroup = "g"\n'),
    [],
  );
});

test('a link that all guests together are promised more of than there is', () => {
  const many = Array.from({ length: 30 }, (_, n) => `[guest.g${n}]\nceil = "200mbit"\n`).join('');
  assert.equal(warnings(`[uplink.eth0]\n${many}`), [
    '1: uplink.eth0: 30 guests are guaranteed 3gbit together, and the link has 990mbit for guests',
  ]);
  const unknown = { br0: { tap: false }, eth0: { tap: false, master: 'br0', physical: true } };
  assert.equal(warnings(`[uplink.eth0]\n${many.repeat(1)}`, unknown), [], 'a speed that is assumed');
});

test('a rate without a ceil, unless a group or [defaults] has one', () => {
  const bare = '[guest.a]\nrate = "30mbit"\n';
  assert.equal(warnings(bare), ['2: guest.a: a rate and no ceil: it may reach 1gbit']);
  const two = {
    ...eth0,
    br1: { tap: false },
    eth1: { tap: false, master: 'br1', physical: true, speed: 1e8 },
  };
  assert.equal(
    warnings(`${bare}[uplink.eth0]\n[uplink.eth1]\n`, two),
    ['2: guest.a: a rate and no ceil: it may reach 1gbit'],
    'the most of what any uplink has',
  );
  assert.equal(warnings(`[defaults]\nceil = "500mbit"\n${bare}`), []);
  assert.equal(warnings(`${bare}group = "g"\n[group.g]\nceil = "40mbit"\n`), []);
  assert.equal(warnings(`${bare}ceil = "40mbit"\n`), []);
  assert.equal(warnings('[guest.a]\n'), []);
});

test('a ceil above what any uplink has', () => {
  const toml = '[guest.a]\nceil = { out = "2gbit", in = "1gbit" }\n[group.g]\nceil = "3gbit"\n';
  assert.equal(warnings(toml), [
    '2: guest.a.ceil: 2gbit is more than uplink eth0 has, 1gbit',
    '4: group.g.ceil: 3gbit is more than uplink eth0 has, 1gbit',
  ]);
});

test('a leaf that the kernel lacks', () => {
  const kernel: Kernel = { leaf: 'bfifo', redirect: 'bpf', lacking: ['cake'] };
  const toml = '[defaults]\nleaf = "cake"\n[guest.a]\nceil = "1mbit"\nleaf = "sfq"\n';
  assert.equal(warnings(toml, eth0, kernel), [
    '2: defaults.leaf: this kernel has no sch_cake, so the leaf is bfifo',
  ]);
});

test('as data', () => {
  const foreseen = look(friends);
  const {
    guests,
    uplinks,
    warnings: told,
    version,
  } = JSON.parse(
    JSON.stringify(checkAsData({ files: ['config.toml'], problems: foreseen.warnings, foreseen })),
  );
  assert.is(version, 1);
  assert.equal(told[0].place, { file: 'config.toml', line: 3, column: 8 });
  assert.equal(uplinks[0], {
    uplink: 'eth0',
    out: { ceil: 1e9, ceilFrom: 'kernel' },
    in: { ceil: 1e9, ceilFrom: 'kernel' },
  });
  assert.equal(
    guests.map(
      ({ guest, pattern, group, out }: Record<string, { rate: number; ceil: number; ceilFrom: string }>) => [
        guest,
        pattern,
        group,
        out?.rate,
        out?.ceil,
        out?.ceilFrom,
      ],
    ),
    [
      ['cliff', false, 'friends', 15e6, 20e6, 'defaults'],
      ['rob', false, 'friends', 15e6, 16e6, 'entry'],
      ['web-*', true, undefined, 5e6, 300e6, 'defaults'],
    ],
  );
});

test.run();

// The ledger's files as text: what is written is read back whole, and a file that deviates anywhere is damaged.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeAccounts,
  decodeLedger,
  decodeMonth,
  encodeLedger,
  encodeMonth,
  Newer,
} from '../../../src/ledger/decode.ts';
import {
  type Account,
  type Ledger,
  type MonthRecord,
  newAccount,
  newLedger,
} from '../../../src/ledger/ledger.ts';

const idle = newAccount();
const busy: Account = {
  group: 'friends',
  total: { out: 7, in: 8 },
  day: { out: 5, in: 0 },
  slot: { out: 0, in: 3 },
  peaks: { out: '700:12 699:3', in: '' },
};
const month = (name: string): MonthRecord => ({
  month: name,
  accounts: new Map([
    [
      'guest a',
      {
        group: 'friends',
        days: new Map([
          ['01', { out: 1, in: 2 }],
          ['31', { out: 3, in: 4 }],
        ]),
        peaks: { out: '', in: '5:1' },
      },
    ],
    ['group friends', { days: new Map(), peaks: { out: '', in: '' } }],
  ]),
});

function ledger(more: Partial<Ledger> = {}): Ledger {
  return {
    ...newLedger('id'),
    fresh: false,
    boot: 'b',
    at: 5,
    wall: 6.5,
    day: '2026-11-07',
    slot: 9,
    accounts: new Map([
      ['guest a', busy],
      ['uplink eth0', idle],
    ]),
    classes: new Map([['eth0 1:10', { subject: 'guest a', bytes: 11 }]]),
    ...more,
  };
}

test('a ledger is read as it was written, a subject a line', () => {
  for (const one of [
    ledger(),
    ledger({ fresh: true, day: '', accounts: new Map(), classes: new Map() }),
    ledger({ ended: [month('2026-10'), month('2026-09')] }),
  ])
    assert.equal(decodeLedger(encodeLedger(one)), one);
  assert.is(
    encodeLedger(ledger()),
    `{"version":1,"id":"id","boot":"b","at":5,"wall":6.5,"day":"2026-11-07","slot":9,
"accounts":{
"guest a":{"group":"friends","total":[7,8],"day":[5,0],"slot":[0,3],"out":"700:12 699:3"},
"uplink eth0":{"total":[0,0]}
},
"classes":{
"eth0 1:10":["guest a",11]
}}
`,
  );
});

test('a month is read as it was written, its days in order, bytes whole', () => {
  assert.equal(decodeMonth(encodeMonth(month('2026-10'))), month('2026-10'));
  const days = new Map([
    ['12', { out: 1.4, in: 2.6 }],
    ['02', { out: 1, in: 1 }],
  ]);
  const text = encodeMonth({
    month: '2026-10',
    accounts: new Map([['guest a', { days, peaks: { out: '', in: '' } }]]),
  });
  assert.is(
    text,
    '{"version":1,"month":"2026-10",\n"accounts":{\n"guest a":{"days":{"d02":[1,1],"d12":[1,3]}}\n}}\n',
  );
  assert.is(
    encodeMonth({ month: '2026-10', accounts: new Map() }),
    '{"version":1,"month":"2026-10",\n"accounts":{}}\n',
  );
});

/** How the text is taken with one value in the place of another. */
function taken(text: string, from: string, to: string, decode: (text: string) => unknown): string {
  assert.ok(text.includes(from), from);
  try {
    decode(text.replace(from, to));
    return 'read';
  } catch (error) {
    return error instanceof Newer ? 'newer' : 'damaged';
  }
}

test('a ledger with anything else in its head, accounts or classes is damaged; of a newer version it is left alone', () => {
  const text = encodeLedger(ledger({ ended: [month('2026-10')] }));
  for (const [from, to, expected] of [
    ['"version":1', '"version":1', 'read'],
    ['"version":1', '"version":2', 'newer'],
    ['"version":1', '"version":0', 'damaged'],
    ['"version":1', '"version":"1"', 'damaged'],
    ['"version":1,', '', 'damaged'],
    ['"id":"id"', '"id":7', 'damaged'],
    ['"boot":"b"', '"boot":null', 'damaged'],
    ['"at":5', '"at":-1', 'damaged'],
    ['"at":5', '"at":0', 'read'],
    ['"at":5', '"at":5.5', 'damaged'],
    ['"at":5', '"at":"5"', 'damaged'],
    ['"wall":6.5', '"wall":"6"', 'damaged'],
    ['"wall":6.5', '"wall":-6', 'read'],
    ['"day":"2026-11-07"', '"day":""', 'read'],
    ['"day":"2026-11-07"', '"day":"2026-13-07"', 'damaged'],
    ['"day":"2026-11-07"', '"day":7', 'damaged'],
    ['"slot":9', '"slot":-9', 'damaged'],
    ['"total":[7,8]', '"total":[7]', 'damaged'],
    ['"total":[7,8]', '"total":[7,-8]', 'damaged'],
    ['"total":[7,8]', '"total":[-7,8]', 'damaged'],
    ['"total":[7,8]', '"total":7', 'damaged'],
    ['"out":"700:12 699:3"', '"out":"700"', 'damaged'],
    ['"out":"700:12 699:3"', '"in":"x"', 'damaged'],
    ['"out":"700:12 699:3"', '"out":7', 'damaged'],
    ['"group":"friends","total"', '"total"', 'read'],
    ['"guest a":{"group":"friends","total"', '"gast a":{"total"', 'damaged'],
    ['"guest a":{"group":"friends","total"', '"guest ":{"total"', 'damaged'],
    ['"guest a":{"group":"friends","total"', '"guest":{"total"', 'damaged'],
    ['["guest a",11]', '["guest a"]', 'damaged'],
    ['["guest a",11]', '["guest a",-1]', 'damaged'],
    ['["guest a",11]', '["guest a",0]', 'read'],
    ['["guest a",11]', '["who",11]', 'damaged'],
    ['["guest a",11]', '"guest a"', 'damaged'],
    ['"uplink eth0":{"total":[0,0]}', '"uplink eth0":[]', 'damaged'],
    ['"uplink eth0":{"total":[0,0]}', '"uplink eth0":null', 'damaged'],
    ['"uplink eth0":{"total":[0,0]}', '"uplink eth0":{}', 'read'],
    ['"accounts"', '"others"', 'damaged'],
    ['"classes"', '"others"', 'damaged'],
    ['"ended"', '"others"', 'read'],
    ['"d01":[1,2]', '"d1":[1,2]', 'damaged'],
  ] as const)
    assert.is(taken(text, from, to, decodeLedger), expected, `${from} -> ${to}`);
  assert.is(taken(text, text, '[]', decodeLedger), 'damaged');
  assert.is(taken(text, text.slice(-4), '', decodeLedger), 'damaged', 'cut off');
});

test('a month of none, or a day that no month has, is damaged', () => {
  const text = encodeMonth(month('2026-10'));
  for (const [from, to, expected] of [
    ['"month":"2026-10"', '"month":"2026-12"', 'read'],
    ['"month":"2026-10"', '"month":"2026-13"', 'damaged'],
    ['"month":"2026-10"', '"month":10', 'damaged'],
    ['"version":1', '"version":3', 'newer'],
    ...['d00', 'd32', 'd1', '01', 'd011', 'xd01'].map((day) => ['"d01"', `"${day}"`, 'damaged'] as const),
    ...['d09', 'd10', 'd19', 'd29', 'd30'].map((day) => ['"d01"', `"${day}"`, 'read'] as const),
    ['"d01":[1,2]', '"d01":[1]', 'damaged'],
    ['"in":"5:1"', '"in":"5"', 'damaged'],
    ['"days":{}', '"days":[]', 'damaged'],
  ] as const)
    assert.is(taken(text, from, to, decodeMonth), expected, `${from} -> ${to}`);
});

test('each kind of subject is one', () => {
  for (const subject of ['guest a', 'group a b', 'uplink eth0', 'unmarked eth0', 'flooded eth0'])
    assert.equal([...decodeAccounts({ [subject]: { days: {} } }).keys()], [subject]);
  for (const subject of ['guests a', ' a', 'guest', ''])
    assert.throws(() => decodeAccounts({ [subject]: { days: {} } }), undefined, subject);
});

test.run();

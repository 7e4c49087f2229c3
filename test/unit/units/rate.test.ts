// Rates and sizes mean what tc says they mean: the table is asked of the real tc, in a network namespace.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatRate, parseRate, parseSize, type Refusal } from '../../../src/units/rate.ts';

const rates = [
  ...['8', '9', '15', '16', '1000', '8bit', '100bit', '1kbit', '1Kbit', '1kibit', '1KiBit', '1mbit', '1MBIT'],
  ...[
    '1mibit',
    '1gbit',
    '1.5gbit',
    '1gibit',
    '10tbit',
    '1tibit',
    '1bps',
    '100bps',
    '1kbps',
    '200kbps',
    '1KiBps',
  ],
  ...[
    '1mbps',
    '1mibps',
    '1gbps',
    '1gibps',
    '1tbps',
    '1tibps',
    '0.5kbit',
    '.5mbit',
    '5.mbit',
    '+5mbit',
    '1e3kbit',
  ],
  // Decimals that binary fractions do not hold exactly: tc cuts, and so must we.
  ...[
    '4.35kbit',
    '8.1kbit',
    '1.1gbit',
    '4.104kbit',
    '12.3456789mbit',
    '1.0000001gbit',
    '2.3mbit',
    '33.3mbit',
  ],
  '9007199254740991',
];
const sizes = [
  ...['1', '1b', '1500', '64k', '64K', '64kb', '1.5k', '1m', '1mb', '1g', '1gb', '1kbit', '1mbit', '1gbit'],
  ...['33mbit', '1e3', '1.7', '4294967295'],
];
const noRates = ['', 'kbit', '100k', '100b', '1mbitt', '1,5mbit', '5 mbit', '1kib', '0', '7', '1bit'];
const noSizes = ['', 'k', '1t', '1kib', '1gibit', '5 k', '1bit', '-1', '4g', '4294967296'];

/** What tc makes of each argument, in its own bytes (per second); undefined where it refuses. */
function askTc(kind: 'rate' | 'limit', values: string[]): (number | undefined)[] {
  const script = `
    ip link add probe0 type veth peer name probe1
    for value in "$@"; do
      if [ ${kind} = rate ]
      then tc qdisc add dev probe0 root tbf rate "$value" burst 1600 limit 1600 2>/dev/null
      else tc qdisc add dev probe0 root bfifo limit "$value" 2>/dev/null
      fi && tc -j qdisc show dev probe0 root | grep -o '"${kind}":[0-9]*' | cut -d: -f2 || echo refused
      tc qdisc del dev probe0 root 2>/dev/null || true
    done`;
  const arguments_ = [process.getuid?.() === 0 ? '-n' : '-rn', 'sh', '-c', script, 'sh', ...values];
  const lines = execFileSync('unshare', arguments_, { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => (line === 'refused' ? undefined : Number(line)));
}

test('a rate is what tc makes of it', () => {
  const bytes = rates.map((text) => Math.floor(rateOf(text) / 8));
  assert.equal(bytes, askTc('rate', rates));
});

test('a size is what tc makes of it', () => {
  assert.equal(sizes.map(sizeOf), askTc('limit', sizes));
});

test('what tc refuses is refused', () => {
  assert.equal(
    askTc('rate', noRates),
    noRates.map(() => undefined),
  );
  assert.equal(
    askTc('limit', noSizes),
    noSizes.map(() => undefined),
  );
  for (const text of noRates) refusalOf(parseRate(text));
  for (const text of noSizes) refusalOf(parseSize(text));
});

test('what tc takes for something else is refused', () => {
  for (const text of [
    '-5mbit',
    'inf',
    'nan',
    '0x10',
    '0x10mbit',
    ' 5mbit',
    '50%',
    '1e300',
    '1e20',
    '9007199254740992',
  ]) {
    refusalOf(parseRate(text));
  }
});

test('numbers are bits per second and bytes', () => {
  assert.is(rateOf(15_000_000), 15e6);
  assert.is(rateOf(15_000_000n), 15e6);
  assert.is(sizeOf(1500), 1500);
  refusalOf(parseRate(Number.NaN));
  refusalOf(parseRate(2n ** 60n));
});

test('a refusal says what was probably meant', () => {
  const meant: Record<string, string> = {
    '15mbitt': '15mbit',
    '15 mbit': '15mbit',
    '100k': '100kbit',
    '15MB': '120mbit',
    '15 MB/s': '120mbit',
    '15Mb': '15mbit',
    '1,5gbit': '1.5gbit',
    '10mbit/s': '10mbit',
    '10mbyte/s': '80mbit',
    ' 5mbit': '5mbit',
  };
  for (const [text, correct] of Object.entries(meant)) {
    assert.match(refusalOf(parseRate(text)).reason, `(did you mean "${correct}"?)`);
  }
  assert.match(refusalOf(parseSize('64kbyte')).reason, '(did you mean "64kb"?)');
  for (const text of ['5xbit', '0.5bitt'])
    assert.not.match(refusalOf(parseRate(text)).reason, 'did you mean');
  assert.not.match(refusalOf(parseSize('0.2 b')).reason, 'did you mean');
  assert.match(refusalOf(parseRate('10foo')).hint ?? '', 'rates look like');
});

test('rates and sizes are written short and exact', () => {
  assert.equal([15e6, 1.5e6, 12345678, 1e9, 1e12].map(formatRate), [
    '15mbit',
    '1500kbit',
    '12345678bit',
    '1gbit',
    '1tbit',
  ]);
});

test('what is written reads back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: Number.MAX_SAFE_INTEGER }),
      fc.constantFrom(1, 1000, 1e6),
      (n, unit) => {
        const bits = Math.min(n * unit, Number.MAX_SAFE_INTEGER);
        assert.is(rateOf(formatRate(bits)), bits);
      },
    ),
  );
});

test('any text is a rate or refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const rate = parseRate(text);
      if (typeof rate === 'number') assert.ok(Number.isSafeInteger(rate) && rate >= 8);
    }),
  );
});

const rateOf = (written: string | number | bigint) => numberOf(parseRate(written));
const sizeOf = (written: string | number | bigint) => numberOf(parseSize(written));

function numberOf(parsed: number | Refusal): number {
  if (typeof parsed !== 'number') throw new Error(parsed.reason);
  return parsed;
}

function refusalOf(parsed: number | Refusal): Refusal {
  if (typeof parsed === 'number') throw new Error(`${parsed} was not refused`);
  return parsed;
}

test.run();

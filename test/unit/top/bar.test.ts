// A bar of one class, whatever is known of it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { atCeil } from '../../../src/text/figures.ts';
import { ascii, bar, type Measure } from '../../../src/top/bar.ts';

const drawn = (measure: Measure, width = 10) =>
  bar(measure, width, ascii).map(({ text, style }) => `${text} ${style}`);

test('what is not known draws nothing: neither a use nor a ceil nor a guarantee', () => {
  assert.equal(drawn({}), ['---------- dim']);
  assert.equal(drawn({ ceil: 10, rate: 5 }), ['---------- dim'], 'nothing is measured yet');
  assert.equal(drawn({ now: 5 }), ['---------- dim'], 'no ceil');
  assert.equal(drawn({ now: 5, ceil: 10 }), ['##### above', '----- dim'], 'all of it is borrowed');
  assert.equal(drawn({}, 0), []);
});

test('what is guaranteed, what is borrowed, and what is at its ceil', () => {
  assert.equal(drawn({ now: 50, rate: 30, ceil: 100 }), ['### below', '## above', '----- dim']);
  assert.equal(drawn({ now: 20, rate: 30, ceil: 100 }), ['## below', '-------- dim']);
  assert.equal(drawn({ now: 100, rate: 30, ceil: 100 }), ['########## full']);
  assert.equal(drawn({ now: atCeil * 100, rate: 30, ceil: 100 }), ['#########+ full']);
  assert.equal(drawn({ now: 25, rate: 100, ceil: 100 }), ['##+ below', '------- dim']);
});

test.run();

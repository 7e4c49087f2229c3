// An address that somebody on a bridge's network might send from.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { neighbourOf } from '../../../src/host/families.ts';

test('another address of the same network, which is nobody’s that is known', () => {
  const none = new Set<string>();
  assert.is(neighbourOf('10.8.0.1', 24, none), '10.8.0.254');
  assert.is(neighbourOf('10.8.0.254', 24, none), '10.8.0.253');
  assert.is(neighbourOf('10.8.3.7', 22, new Set(['10.8.3.254'])), '10.8.3.253');
  assert.is(neighbourOf('203.0.113.5', 30, none), '203.0.113.6');
  assert.is(neighbourOf('203.0.113.6', 30, none), '203.0.113.5');
  assert.is(neighbourOf('203.0.113.6', 30, new Set(['203.0.113.5'])), '203.0.113.6', 'there is none');
  assert.is(neighbourOf('fd00:8::1', 64, none), 'fd00:8::3');
  assert.is(neighbourOf('fd00:8::', 64, none), 'fd00:8::2');
  assert.is(neighbourOf('2001:db8::fffe', 64, none), '2001:db8::fffc');
  assert.is(neighbourOf('2001:db8::8', 64, none), '2001:db8::a');
  assert.is(neighbourOf('2001:db8::d', 64, none), '2001:db8::f');
});

test.run();

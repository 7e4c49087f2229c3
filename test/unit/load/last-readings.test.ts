// Before what goes something is asked, and of whom: in the very batch, and no process more than there would be.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addStep, ip, removeStep, type Step } from '../../../src/diff/steps.ts';
import { makeObject, type TcObject } from '../../../src/kernel/objects.ts';
import { isAsking, withReadings } from '../../../src/load/last-readings.ts';

const of = (device: string, id: string, subject: string): TcObject => ({
  ...makeObject('class', device, id, {}),
  parent: '1:1',
  subject,
});
const root = (device: string) => makeObject('root', device, '1:', { kind: 'htb' });
const detour = (device: string) => makeObject('detour', device, '', { to: 'ifb+detour' });
const lines = (steps: Step[], holds: TcObject[] = []) =>
  withReadings(steps, new Map(holds.map((one) => [one.key, one])))
    .filter((step) => !isAsking(step) || step.question !== 'apart')
    .map((step) => (isAsking(step) ? `? ${step.line}` : step.line.split(' htb')[0]));
const questions = (steps: Step[], holds: TcObject[] = []) =>
  withReadings(steps, new Map(holds.map((one) => [one.key, one]))).flatMap((step) =>
    isAsking(step) && step.question !== 'apart' ? step.question : [],
  );

test('nothing goes, nothing is asked', () => {
  const steps = [addStep(of('eth0', '1:10', 'guest cliff')), ip('link set dev ifb-eth0 up')];
  assert.is(withReadings(steps), steps);
});

test('a few classes each by itself, many of a device by one listing', () => {
  const few = [
    removeStep(of('eth0', '1:10', 'guest cliff')),
    removeStep(of('ifb-eth0', '2:10', 'guest cliff')),
  ];
  assert.equal(lines(few), [
    '? class show dev eth0 classid 1:10',
    'class del dev eth0 classid 1:10',
    '? class show dev ifb-eth0 classid 2:10',
    'class del dev ifb-eth0 classid 2:10',
  ]);
  assert.equal(questions(few)[0], {
    device: 'eth0',
    id: '1:10',
    fate: 'goes',
    classes: { '1:10': { subject: 'guest cliff', fate: 'goes' } },
  });
  const some = (count: number) =>
    Array.from({ length: count }, (_one, index) =>
      removeStep(of('eth0', `1:${index + 1}`, `guest g${index}`)),
    );
  const asked = (steps: Step[]) => lines(steps).filter((line) => line?.startsWith('?'));
  assert.equal(
    asked(some(4)),
    [1, 2, 3, 4].map((id) => `? class show dev eth0 classid 1:${id}`),
  );
  const many = some(5);
  assert.equal(asked(many), ['? class show dev eth0']);
  assert.equal(withReadings(many), withReadings(many, new Map()), 'where nobody knows what was there');
  assert.is(questions(many)[0]?.fate, 'stays', 'of those that stay nothing is said');
});

test('a tree that goes is asked whole, and one on an ifb before the ifb goes', () => {
  const held = [of('eth0', '1:10', 'guest "a b"'), of('ifb-eth0', '2:10', 'guest "a b"')];
  const steps = [removeStep(root('eth0')), ip('link del dev ifb-eth0'), ip('link del dev ifb-eth1')];
  assert.equal(lines(steps, held), [
    '? class show dev eth0',
    'qdisc del dev eth0 root',
    '? class show dev ifb-eth0',
    '? class show dev ifb-eth1',
    'link del dev ifb-eth0',
    'link del dev ifb-eth1',
  ]);
  assert.equal(questions(steps, held)[0], {
    device: 'eth0',
    fate: 'goes',
    classes: { '1:10': { subject: 'guest a b' } },
  });
});

test('what passes a tree aside counts as far as it passes no other', () => {
  const made = of('ifb+detour', '1:10', 'guest cliff');
  const sending = [
    ip('link add name ifb+detour type ifb'),
    addStep(made),
    addStep(detour('eth0')),
    removeStep(root('eth0')),
    addStep(root('eth0')),
    removeStep(detour('eth0')),
    ip('link del dev ifb+detour'),
  ];
  assert.equal(
    questions(sending).map(({ device, fate, elsewhere }) => [device, fate, elsewhere ?? false]),
    [
      ['eth0', 'goes', false],
      ['ifb+detour', 'stays', true],
      ['ifb+detour', 'goes', false],
    ],
  );
  const receiving = [addStep(made), removeStep(root('ifb-eth0')), ip('link del dev ifb+detour')];
  assert.equal(
    questions(receiving).map(({ device, fate, elsewhere }) => [device, fate, elsewhere ?? false]),
    [
      ['ifb-eth0', 'goes', false],
      ['ifb+detour', 'goes', false],
    ],
  );
});

test('one tree after another: each is counted aside by itself', () => {
  const aside = (device: string, way: Step[], back: Step[] = []) => [
    ip('link add name ifb+detour type ifb'),
    addStep(of('ifb+detour', '1:10', 'guest cliff')),
    ...way,
    removeStep(root(device)),
    addStep(root(device)),
    ...back,
    ip('link del dev ifb+detour'),
  ];
  const sending = aside('eth0', [addStep(detour('eth0'))], [removeStep(detour('eth0'))]);
  const receiving = aside('ifb-eth0', []);
  const told = (steps: Step[]) =>
    questions(steps).map(({ device, fate, elsewhere }) => [device, fate, elsewhere ?? false]);
  assert.equal(told([...sending, ...receiving]), [...told(sending), ...told(receiving)]);
  assert.equal(told([...receiving, ...sending]), [...told(receiving), ...told(sending)]);
});

test.run();

// The terminal: what is entered and left, what is told of keys and signals, and its size by what the kernel says of it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Listener, openTerminal, sizeOf } from '../../../src/top/terminal.ts';
import { FakeTerminal } from './fake-terminal.ts';

const esc = '\u001b';
const entering = `${esc}[?1049h${esc}[?7l${esc}[?25l`;
const leaving = `${esc}[?7h${esc}[?25h${esc}[?1049l`;
const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGTSTP', 'SIGCONT'] as const;
const listeners = () => signals.map((name) => process.listenerCount(name));

function opened(said: string[]) {
  const listener: Listener = {
    key: (key) => said.push(`key ${key.name}`),
    redraw: () => said.push('redraw'),
    end: (status) => said.push(`end ${status}`),
  };
  return openTerminal(listener);
}

test('entering: the alternate screen without wrap and cursor, raw keys, and all of it drawn', async () => {
  const fake = new FakeTerminal();
  const before = listeners();
  await fake.during(() => {
    const said: string[] = [];
    const terminal = opened(said);
    assert.equal([fake.take(), fake.raw, said], ['', [], []]);
    assert.is(fake.stdin.isPaused, false);
    terminal.draw(['early']);
    assert.is(fake.take(), '', 'not before it is entered');
    terminal.enter();
    assert.ok(fake.take().startsWith(entering));
    assert.equal([fake.raw, said], [[false, true], ['redraw']]);
    assert.equal(terminal.size(), { columns: 60, rows: 10 });
    terminal.close();
    assert.is(fake.take(), leaving);
    assert.equal([fake.raw, fake.stdin.isPaused], [[false, true, false], true]);
    terminal.draw(['late']);
    assert.is(fake.take(), '', 'nor after it is left');
    assert.equal(fake.stdin.listenerCount('keypress') + fake.stdout.listenerCount('resize'), 0);
    fake.stdout.emit('error', new Error('gone'));
  });
  assert.equal(listeners(), before);
});

test('only lines that have changed are written, each to its place; after a change of size all of them', async () => {
  const fake = new FakeTerminal();
  await fake.during(() => {
    const said: string[] = [];
    const terminal = opened(said);
    terminal.enter();
    fake.take();
    const at = (row: number, text: string) => `${esc}[${row};1H${esc}[K${text}`;
    terminal.draw(['a', 'b']);
    assert.is(fake.take(), at(1, 'a') + at(2, 'b'));
    terminal.draw(['a', 'c']);
    assert.is(fake.take(), at(2, 'c'));
    terminal.draw(['a', 'c']);
    assert.is(fake.take(), '');
    fake.stdout.emit('resize');
    assert.ok(fake.take().length > 0, 'it is cleared');
    assert.equal(said, ['redraw', 'redraw']);
    terminal.draw(['a', 'c']);
    assert.is(fake.take(), at(1, 'a') + at(2, 'c'));
    terminal.close();
  });
});

test('keys, signals and the end of the terminal are told', async () => {
  const fake = new FakeTerminal();
  await fake.during(() => {
    const said: string[] = [];
    const terminal = opened(said);
    terminal.enter();
    fake.stdin.emit('keypress', 'x', { name: 'x' });
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.emit(name);
    assert.equal(said, ['redraw', 'key x', 'end 0', 'end 143', 'end 129', 'end 131']);
    fake.take();
    fake.stdin.emit('end');
    assert.is(said.at(-1), 'end 129');
    terminal.draw(['x']);
    terminal.close();
    assert.equal([fake.take(), fake.raw], ['', [false, true]], 'nothing more is written to it');
  });
});

test('bytes become keys: letters, arrows, and Esc by itself after a moment', async () => {
  const fake = new FakeTerminal();
  await fake.during(async () => {
    const said: string[] = [];
    const terminal = opened(said);
    for (const bytes of ['k', `${esc}[A`, esc]) fake.stdin.emit('data', Buffer.from(bytes));
    assert.equal(said, ['key k', 'key up']);
    await wait(90);
    assert.is(said.at(-1), 'key escape');
    terminal.close();
  });
});

test('without a terminal on stdin no key is waited for', async () => {
  const fake = new FakeTerminal();
  fake.stdin.isTTY = false;
  await fake.during(() => {
    const terminal = opened([]);
    terminal.enter();
    assert.equal([fake.raw, fake.stdin.listenerCount('keypress'), fake.stdin.isPaused], [[], 0, true]);
    terminal.close();
  });
});

test('a terminal that does not take raw mode any more is no reason to fail', async () => {
  const fake = new FakeTerminal();
  fake.stdin.setRawMode = () => {
    throw new Error('EIO');
  };
  await fake.during(() => {
    const terminal = opened([]);
    terminal.enter();
    terminal.close();
    assert.ok(fake.take().endsWith(leaving));
  });
});

test('Ctrl-Z leaves it to the shell, and it is entered again when it is continued, or at once without a shell', async () => {
  const fake = new FakeTerminal();
  await fake.during(async () => {
    const said: string[] = [];
    const terminal = opened(said);
    terminal.enter();
    fake.take();
    terminal.suspend();
    assert.equal([fake.take(), fake.killed], [leaving, [[0, 'SIGTSTP']]]);
    process.emit('SIGCONT');
    assert.ok(fake.take().startsWith(entering));
    await wait(150);
    assert.is(fake.take(), '', 'once');
    process.emit('SIGTSTP');
    assert.is(fake.take(), leaving, 'by a signal as by the key');
    await wait(150);
    assert.ok(fake.take().startsWith(entering), 'nobody has continued it');
    terminal.suspend();
    terminal.close();
    fake.take();
    await wait(150);
    assert.is(fake.take(), '', 'it is closed');
  });
});

test('a terminal that says no size of its own is as large as they once were', () => {
  assert.equal(sizeOf({ columns: 132, rows: 50 }), { columns: 132, rows: 50 });
  for (const none of [0, undefined]) {
    assert.equal(sizeOf({ columns: none, rows: none }), { columns: 80, rows: 24 });
    assert.equal(sizeOf({ columns: 132, rows: none }), { columns: 132, rows: 24 });
    assert.equal(sizeOf({ columns: none, rows: 1 }), { columns: 80, rows: 1 });
  }
});

test.run();

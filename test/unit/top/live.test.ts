// The live screen: when it reads, what it shows of what it has read, and how it ends.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/system/errors.ts';
import type { Line } from '../../../src/text/spans.ts';
import { topLive } from '../../../src/top/live.ts';
import type { Scene } from '../../../src/top/scene.ts';
import type { ViewSubject } from '../../../src/top/view.ts';
import { FakeTerminal } from './fake-terminal.ts';
import { someScene } from './scene.ts';

const leaving = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

interface Given {
  read?: (at: number) => Promise<Scene>;
  explain?: (subject: ViewSubject, width: number) => Promise<Line[]>;
  interval?: number;
}

/** Runs top until `work` is through, and quits it then. */
async function run(
  work: (fake: FakeTerminal, reads: number[]) => Promise<void>,
  given: Given = {},
): Promise<number> {
  const fake = new FakeTerminal();
  const reads: number[] = [];
  let status = -1;
  await fake.during(async () => {
    const began = performance.now();
    const read = () => {
      reads.push(performance.now() - began);
      return given.read ? given.read(reads.length) : Promise.resolve(someScene());
    };
    const explain = given.explain ?? (async () => [[{ text: 'explained' }]]);
    const ended = topLive(read, explain, given.interval ?? 3600, false);
    await wait(20);
    await work(fake, reads);
    fake.stdin.emit('keypress', 'q', { name: 'q', sequence: 'q' });
    status = await ended;
    assert.ok(fake.written.endsWith(leaving));
  });
  return status;
}
const press = async (fake: FakeTerminal, sequence: string, name = sequence) => {
  fake.stdin.emit('keypress', sequence, { name, sequence });
  await wait(5);
};

test('it reads at once, a second time soon, and then at the interval; q ends it', async () => {
  const status = await run(async (fake, reads) => {
    assert.equal([reads.length, /cliff/.test(fake.written)], [1, true]);
    await wait(650);
    assert.is(reads.length, 2);
    assert.ok((reads[1] ?? 0) > 450, `${reads[1]}`);
  });
  assert.is(status, 0);
});

for (const [when, takes, least] of [
  ['between two readings', 0, 2],
  ['while it reads', 250, 1],
] as const)
  test(`once it is quit, ${when}, nothing is read any more`, async () => {
    let all: number[] = [];
    const read = async () => {
      await wait(takes);
      return someScene();
    };
    await run(
      async (_fake, reads) => {
        all = reads;
        await wait(150);
      },
      { read, interval: 0.1 },
    );
    const { length } = all;
    assert.ok(length >= least, `${length} readings`);
    await wait(takes + 250);
    assert.is(all.length, length);
  });

test('a short interval holds from the first reading on', async () => {
  await run(
    async (_fake, reads) => {
      await wait(400);
      assert.ok(reads.length >= 2 && reads.length <= 5, `${reads.length} readings`);
    },
    { interval: 0.1 },
  );
});

test('another interval counts from the last reading', async () => {
  await run(async (fake, reads) => {
    await wait(600);
    assert.is(reads.length, 2);
    for (const key of ['d', '0', '.', '2']) await press(fake, key);
    await press(fake, '\r', 'return');
    await wait(260);
    assert.ok(reads.length >= 3, `${reads.length} readings`);
  });
});

test('what cannot be read is said, with what to do, and what was read before stays', async () => {
  const read = async (at: number) => {
    if (at > 1) throw at > 2 ? new Failure('no tc', 'install it') : new Error('no\nnft');
    return someScene();
  };
  await run(
    async (fake) => {
      await wait(160);
      assert.match(fake.take(), '! no');
      await wait(160);
      assert.match(fake.take(), '! no tc; install it');
      fake.stdout.emit('resize');
      assert.match(fake.take(), 'cliff');
    },
    { read, interval: 0.1 },
  );
});

test('paused it reads on, and shows what there was', async () => {
  const read = async (at: number): Promise<Scene> => ({ ...someScene(), host: `host${at}` });
  await run(
    async (fake, reads) => {
      fake.stdout.columns = 120;
      await press(fake, 'p');
      await wait(300);
      assert.ok(reads.length > 1);
      fake.take();
      fake.stdout.emit('resize');
      assert.match(fake.take(), 'host1 ');
    },
    { read, interval: 0.1 },
  );
});

test('Enter explains the marked one to the width of the screen; what comes too late is not shown', async () => {
  const asked: string[] = [];
  let answer: (lines: Line[]) => void = () => {};
  const explain = (subject: ViewSubject, width: number): Promise<Line[]> => {
    asked.push(`${subject.kind} ${subject.name} ${width}`);
    return new Promise((done) => {
      answer = done;
    });
  };
  await run(
    async (fake) => {
      await press(fake, 'j');
      fake.take();
      await press(fake, '\r', 'return');
      assert.equal(asked, ['guest cliff 60']);
      assert.match(fake.take(), 'reading');
      answer([[{ text: 'it is shaped' }]]);
      await wait(5);
      assert.match(fake.take(), 'it is shaped');
      await press(fake, 'j');
      assert.is(asked.length, 1, 'it is read once');
      await press(fake, 'q');
      await press(fake, '\r', 'return');
      await press(fake, 'q');
      fake.take();
      answer([[{ text: 'too late' }]]);
      await wait(5);
      assert.not.match(fake.take(), 'too late');
    },
    { explain },
  );
});

test('what cannot be explained says why', async () => {
  const explain = async () => {
    throw new Failure('no kernel', 'try again');
  };
  await run(
    async (fake) => {
      await press(fake, 'j');
      await press(fake, '\r', 'return');
      assert.match(fake.take(), '! no kernel; try again');
      await press(fake, 'q');
    },
    { explain },
  );
});

test('colours only where the terminal has any', async () => {
  const fake = new FakeTerminal();
  fake.stdout.depth = 1;
  await fake.during(async () => {
    const ended = topLive(
      async () => someScene(),
      async () => [],
      3600,
      false,
    );
    await wait(20);
    assert.not.match(fake.written, '\u001b[32m');
    process.emit('SIGTERM');
    assert.is(await ended, 143);
  });
  await run(async ({ written }) => assert.match(written, '\u001b[33m'));
});

test('a mistake in drawing ends it, and the terminal is restored', async () => {
  const fake = new FakeTerminal();
  await fake.during(async () => {
    const broken = { ...someScene(), rows: undefined } as never as Scene;
    const ended = topLive(
      async () => broken,
      async () => [],
      3600,
      false,
    ).then(
      () => 'ended',
      (error: Error) => error.name,
    );
    assert.is(await ended, 'TypeError');
    assert.ok(fake.written.endsWith(leaving));
  });
});

test.run();

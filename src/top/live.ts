// The live screen: timed readings and key events, each of which redraws the frame. An error while it runs is a line on the
// screen; however it ends, the terminal is restored.

import { Failure } from '../system/errors.ts';
import { printable } from '../system/printable.ts';
import { type Line, paint } from '../text/spans.ts';
import { renderFrame, type ScreenState } from './frame.ts';
import { type Key, press } from './keys.ts';
import type { Scene } from './scene.ts';
import { openTerminal } from './terminal.ts';
import { initialView, type Shown, type ViewSubject } from './view.ts';

/** Seconds between the first two readings, after which there are speeds. */
const firstInterval = 0.5;

/**
 * @param read called repeatedly, never concurrently
 * @param explain returns the explanation of a guest or group as lines, wrapped to so many columns
 * @param interval seconds
 * @returns the exit status
 */
export async function topLive(
  read: () => Promise<Scene>,
  explain: (subject: ViewSubject, width: number) => Promise<Line[]>,
  interval: number,
  unicode: boolean,
): Promise<number> {
  const colours = process.stdout.getColorDepth() > 1; // It asks TERM and NO_COLOR.
  const scene: Scene = { at: Date.now(), host: '', links: [], rows: [], trouble: 'reading' };
  let state: ScreenState = { scene, view: initialView(interval), unicode };
  let shown: Shown = { uplinks: [], first: 0, rows: 0, page: 0 };
  let end: (status: number) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const ended = new Promise<number>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });

  const draw = () => {
    const made = renderFrame(state, terminal.size());
    shown = made.shown;
    terminal.draw(made.lines.map((line) => paint(line, colours)));
  };
  const type = (key: Key) => {
    const pressed = press(state.view, key, shown);
    if (pressed === 'quit') return end(0);
    if (pressed === 'suspend') return terminal.suspend();
    const { explained } = pressed;
    if (explained && explained !== state.view.explained) open(explained);
    const isOther = pressed.interval !== state.view.interval;
    state = { ...state, view: pressed };
    if (isOther) clock.set(pressed.interval);
    draw();
  };
  const open = async (subject: ViewSubject) => {
    state = { ...state, page: undefined };
    const page = await explain(subject, terminal.size().columns).catch((error): Line[] => [
      [{ text: `! ${inOneLine(error)}`, style: 'warning' }],
    ]);
    if (state.view.explained !== subject) return; // The view was left meanwhile.
    state = { ...state, page };
    guarded(draw)();
  };
  /** Runs a handler; an error that it throws ends the screen, since nothing else would catch it. */
  const guarded =
    <T extends unknown[]>(work: (...given: T) => void) =>
    (...given: T) => {
      try {
        work(...given);
      } catch (error) {
        fail(error);
      }
    };
  const terminal = openTerminal({ key: guarded(type), redraw: guarded(draw), end });
  const clock = makeClock(async () => {
    const next = await read().catch((error) => ({ ...state.scene, trouble: inOneLine(error) }));
    if (!state.view.paused) state = { ...state, scene: next };
    guarded(draw)();
  });
  terminal.enter();
  clock.start(Math.min(firstInterval, interval), interval);
  try {
    return await ended;
  } finally {
    clock.stop();
    terminal.close();
  }
}

/** Runs `work` at every interval, or when the previous run has ended if that is later. */
function makeClock(work: () => Promise<void>) {
  let began = 0;
  let interval = 0;
  let timer: NodeJS.Timeout | undefined;
  let working = false;
  let stopped = false;
  const wait = (seconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(tick, Math.max(0, began + seconds * 1000 - performance.now()));
  };
  const tick = async (seconds = interval) => {
    began = performance.now();
    working = true;
    await work();
    working = false;
    if (!stopped) wait(seconds);
  };
  return {
    /** Runs it at once, again after `first` seconds, then at every interval. */
    start: (first: number, seconds: number) => {
      interval = seconds;
      tick(first);
    },
    set: (seconds: number) => {
      interval = seconds;
      if (!working) wait(seconds);
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function inOneLine(error: Error): string {
  const hint = error instanceof Failure && error.hint ? `; ${error.hint}` : '';
  return printable(`${error.message}${hint}`);
}

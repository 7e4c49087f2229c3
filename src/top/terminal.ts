// The terminal as a screen of our own: entered, drawn on, and given back as it was, whatever ends us. Nothing is
// done inside a handler but to tell the one who asked; what is written here is written at once, since a
// terminal's stream is synchronous.
import { emitKeypressEvents, type Interface } from 'node:readline';
import {
  clearViewport,
  cursorHide,
  cursorShow,
  cursorTo,
  enterAlternativeScreen,
  eraseEndLine,
  exitAlternativeScreen,
} from 'ansi-escapes';
import type { Size } from './frame.ts';
import type { Key } from './keys.ts';

/** Lines never wrap, so no disagreement about a character's width can scroll the screen. */
const noWrap = '\u001b[?7l';
const wrap = '\u001b[?7h';

/** Exit status of those that a signal ended. */
const signals = { SIGINT: 0, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 } as const;

export interface Listener {
  key: (key: Key) => void;
  /** The size may be another, or the screen is to be drawn anew. */
  redraw: () => void;
  /** A signal, or the terminal is gone. */
  end: (status: number) => void;
}

export interface Terminal {
  enter: () => void;
  size: () => Size;
  /** @param lines with their escape sequences, none wider than the screen */
  draw: (lines: string[]) => void;
  /** Ctrl-Z: the shell's until it brings us back. */
  suspend: () => void;
  close: () => void;
}

export function openTerminal(listener: Listener): Terminal {
  const { stdin, stdout } = process;
  let open = false;
  let closed = false;
  let gone = false;
  let drawn: string[] = [];
  const write = (text: string) => {
    if (!gone) stdout.write(text);
  };
  const setRaw = (raw: boolean) => {
    if (!stdin.isTTY || gone) return;
    try {
      stdin.setRawMode(raw);
    } catch {
      // It is gone; its end is told as such.
    }
  };
  const clear = () => {
    drawn = [];
    write(clearViewport);
    listener.redraw();
  };
  const enter = () => {
    // After a stop from outside the shell has set its own modes, which only a change undoes.
    setRaw(false);
    setRaw(true);
    process.off('SIGTSTP', suspend).on('SIGTSTP', suspend);
    write(enterAlternativeScreen + noWrap + cursorHide);
    open = true;
    // Node learns a size that has changed while we were in the background from nothing else.
    process.emit('SIGWINCH');
    clear();
  };
  const leave = () => {
    if (!open) return;
    open = false;
    process.off('SIGTSTP', suspend);
    write(wrap + cursorShow + exitAlternativeScreen);
    setRaw(false);
  };
  const suspend = () => {
    leave();
    process.kill(0, 'SIGTSTP');
    // Without a shell that could bring us back, the signal does nothing.
    setTimeout(() => {
      if (!open && !closed) enter();
    }, 100);
  };
  const lost = () => {
    gone = true;
    listener.end(signals.SIGHUP);
  };
  const onKey = (_text: string | undefined, key: Key) => listener.key(key);
  const onSignal = Object.entries(signals).map(([name, status]) => {
    return [name, () => listener.end(status)] as const;
  });

  stdout.on('resize', clear).on('error', lost);
  process.on('SIGCONT', enter).once('exit', leave);
  for (const [name, tell] of onSignal) process.on(name, tell);
  if (stdin.isTTY) {
    // Only the time is asked of it that a lone Esc waits for more to come.
    emitKeypressEvents(stdin, { escapeCodeTimeout: 50 } as unknown as Interface);
    stdin.on('keypress', onKey).on('end', lost).on('error', lost).resume();
  }
  return {
    enter,
    size: () => sizeOf(stdout),
    draw: (lines) => {
      if (!open) return;
      const changed = lines.flatMap((line, row) =>
        line === drawn[row] ? [] : [cursorTo(0, row) + eraseEndLine + line],
      );
      drawn = lines;
      write(changed.join(''));
    },
    suspend,
    close: () => {
      closed = true;
      leave();
      process.off('SIGCONT', enter).off('exit', leave);
      for (const [name, tell] of onSignal) process.off(name, tell);
      // Those for errors stay: a terminal that goes away now is nobody's trouble.
      stdout.off('resize', clear);
      stdin.off('keypress', onKey).pause();
    },
  };
}

/** What the kernel says now; some terminals, such as serial ones, do not know. */
function sizeOf({ columns, rows }: NodeJS.WriteStream): Size {
  return { columns: columns || 80, rows: rows || 24 };
}

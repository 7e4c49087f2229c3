// The terminal in its alternate screen: entered, drawn on, and restored however the process ends. Handlers only notify the
// listener; writes take effect at once, since a terminal's stream is synchronous.
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

/** Autowrap is off, so that a terminal that shows a character wider than expected does not scroll. */
const noWrap = '\u001b[?7l';
const wrap = '\u001b[?7h';

/** The exit status after each signal. */
const signals = { SIGINT: 0, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 } as const;

export interface Listener {
  key: (key: Key) => void;
  /** The size may have changed, or the screen has to be redrawn. */
  redraw: () => void;
  /** A signal came, or the terminal is gone. */
  end: (status: number) => void;
}

export interface Terminal {
  enter: () => void;
  size: () => Size;
  /** @param lines including escape sequences, none wider than the screen */
  draw: (lines: string[]) => void;
  /** Ctrl-Z: gives the terminal to the shell until SIGCONT. */
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
      // The terminal is gone, which another event reports.
    }
  };
  const clear = () => {
    drawn = [];
    write(clearViewport);
    listener.redraw();
  };
  const enter = () => {
    // After a SIGSTOP the shell has set its own modes; raw mode has to be left and entered again to undo that.
    setRaw(false);
    setRaw(true);
    process.off('SIGTSTP', suspend).on('SIGTSTP', suspend);
    write(enterAlternativeScreen + noWrap + cursorHide);
    open = true;
    // Node.js does not notice a size that changed while the process was in the background.
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
    // In an orphaned process group the kernel ignores SIGTSTP, since no shell could continue the process.
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
    // This interface exists only for its timeout: how long a lone Esc waits for the rest of an escape sequence.
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
      // The error listeners stay: a terminal that disappears now must not throw.
      stdout.off('resize', clear);
      stdin.off('keypress', onKey).pause();
    },
  };
}

/** The size by the kernel; some terminals, such as serial ones, have none. */
export function sizeOf({ columns, rows }: { [side in keyof Size]?: number | undefined }): Size {
  return { columns: columns || 80, rows: rows || 24 };
}

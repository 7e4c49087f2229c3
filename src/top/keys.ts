// Key bindings: each is a function from a view to the next view. They are those of top and htop where these have one for the
// purpose; help.ts lists them, and a test presses every key of that list.
import { type ColumnId, sortable } from './columns.ts';
import { leastInterval, longestInterval, type Shown, type View } from './view.ts';

/** A key event of Node's readline; `sequence` is the typed text. */
export interface Key {
  name?: string | undefined;
  sequence?: string | undefined;
  ctrl?: boolean | undefined;
}

export type Pressed = View | 'quit' | 'suspend';

const intervals = [leastInterval, 0.2, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, longestInterval];

export function press(view: View, key: Key, shown: Shown): Pressed {
  if (key.ctrl && key.name === 'c') return 'quit';
  if (key.ctrl && key.name === 'z') return 'suspend';
  // Starts from what was shown, since rows may have disappeared after the last key.
  return byMode[view.mode]({ ...view, scroll: shown.first }, key, shown);
}

const byMode: Record<View['mode'], (view: View, key: Key, shown: Shown) => View | 'quit'> = {
  list: (view, key, shown) => {
    const id = idOf(key);
    const act = Object.hasOwn(actions, id) ? actions[id] : undefined;
    return marked(view, id, shown) ?? act?.(view, shown) ?? view;
  },
  explain: (view, key, shown) => {
    const id = idOf(key);
    if (id === 'escape' || id === 'q') return back(view);
    return scrolled(view, id, shown) ?? view;
  },
  help: (view, key, shown) => scrolled(view, idOf(key), shown) ?? { ...view, mode: 'list', scroll: 0 },
  sort: (view, key) => {
    const chosen = view.input as ColumnId;
    const id = idOf(key);
    if (id === 'up' || id === 'k') return { ...view, input: beside(chosen, -1) };
    if (id === 'down' || id === 'j') return { ...view, input: beside(chosen, 1) };
    if (id === 'return') return { ...view, mode: 'list', sort: chosen };
    return id === 'escape' || id === 'q' ? { ...view, mode: 'list' } : view;
  },
  filter: (view, key) => {
    const next = typed(view, key);
    if (idOf(key) === 'escape') return { ...next, filter: '', scroll: 0 };
    return { ...next, filter: next.input.toLowerCase(), scroll: 0 };
  },
  interval: (view, key) => {
    const seconds = Number(view.input.trim().replace(',', '.') || Number.NaN);
    const next = typed(view, key);
    if (idOf(key) !== 'return' || Number.isNaN(seconds)) return next;
    return { ...next, interval: Math.max(leastInterval, Math.min(seconds, longestInterval)) };
  },
};

type Action = (view: View, shown: Shown) => View | 'quit';

const quit: Action = () => 'quit';
const help: Action = (view) => ({ ...view, mode: 'help', scroll: 0 });
const before: Action = (view) => ({ ...view, sort: beside(view.sort, -1) });
const after: Action = (view) => ({ ...view, sort: beside(view.sort, 1) });
const choose: Action = (view) => ({ ...view, mode: 'sort', input: view.sort });
const reverse: Action = (view) => ({ ...view, reversed: !view.reversed });
const filter: Action = (view) => ({ ...view, mode: 'filter', input: view.filter });
const tree: Action = (view) => ({ ...view, tree: !view.tree, scroll: 0 });
const pause: Action = (view) => ({ ...view, paused: !view.paused });
const interval: Action = (view) => ({ ...view, mode: 'interval', input: '' });
const open: Action = (view, shown) => {
  const row = shown.cursor === undefined ? undefined : shown.list?.[shown.cursor];
  // Without a cursor Enter sets it first, like the cursor keys, so that Enter always has an effect in a list of guests.
  if (!row) return marked(view, 'down', shown) ?? view;
  const { kind, name } = row;
  if (kind !== 'guest' && kind !== 'group') return view;
  return { ...view, mode: 'explain', explained: { kind, name, from: view.scroll }, scroll: 0 };
};
const back = ({ explained, ...view }: View): View => {
  return { ...view, mode: 'list', scroll: explained?.from ?? 0 };
};

const actions: Record<string, Action> = {
  q: quit,
  f10: quit,
  h: help,
  '?': help,
  f1: help,
  '<': before,
  left: before,
  '>': after,
  right: after,
  o: choose,
  f6: choose,
  r: reverse,
  R: reverse,
  I: reverse,
  '/': filter,
  f4: filter,
  g: tree,
  t: tree,
  f5: tree,
  u: (view, { uplinks }) => {
    // After the last uplink all are shown again.
    return { ...view, uplink: uplinks[uplinks.indexOf(view.uplink ?? '') + 1], scroll: 0 };
  },
  i: (view) => ({ ...view, busyOnly: !view.busyOnly, scroll: 0 }),
  escape: (view) => {
    return { ...view, filter: '', uplink: undefined, busyOnly: false, cursor: undefined, scroll: 0 };
  },
  return: open,
  ' ': pause,
  p: pause,
  d: interval,
  s: interval,
  '+': (view) => ({ ...view, interval: intervals.find((one) => one > view.interval) ?? view.interval }),
  '-': (view) => ({ ...view, interval: intervals.findLast((one) => one < view.interval) ?? view.interval }),
};

/** In the list the scrolling keys move the cursor; the first one sets it on a visible row. */
function marked(view: View, id: string, shown: Shown): View | undefined {
  const { list = [], page, first } = shown;
  const from = shown.cursor;
  const to: Record<string, number> = {
    up: (from ?? first + 1) - 1,
    k: (from ?? first + 1) - 1,
    down: (from ?? first - 1) + 1,
    j: (from ?? first - 1) + 1,
    pageup: (from ?? first) - page,
    pagedown: (from ?? first) + page,
    home: 0,
    end: list.length - 1,
  };
  const wanted = Object.hasOwn(to, id) ? to[id] : undefined;
  if (wanted === undefined) return undefined;
  const at = Math.max(0, Math.min(wanted, list.length - 1));
  const row = list[at];
  const scroll = id.startsWith('page') ? (scrolled(view, id, shown)?.scroll ?? view.scroll) : view.scroll;
  return row ? { ...view, scroll, cursor: { row, at } } : view;
}

function scrolled(view: View, id: string, { rows, page }: Shown): View | undefined {
  const to: Record<string, number> = {
    up: view.scroll - 1,
    k: view.scroll - 1,
    down: view.scroll + 1,
    j: view.scroll + 1,
    pageup: view.scroll - page,
    pagedown: view.scroll + page,
    home: 0,
    end: rows,
  };
  const scroll = Object.hasOwn(to, id) ? to[id] : undefined;
  return scroll === undefined ? undefined : { ...view, scroll: Math.max(0, Math.min(scroll, rows - page)) };
}

/** An input line; Enter and Esc end it. */
function typed(view: View, key: Key): View {
  const id = idOf(key);
  if (id === 'return' || id === 'escape') return { ...view, mode: 'list' };
  if (id === 'backspace') return { ...view, input: Array.from(view.input).slice(0, -1).join('') };
  if (key.ctrl && key.name === 'u') return { ...view, input: '' };
  return isPrintable(key) ? { ...view, input: view.input + key.sequence } : view;
}

/** @returns the typed text if it is printable, otherwise the key's name */
function idOf(key: Key): string {
  if (isPrintable(key)) return key.sequence ?? '';
  return key.name === 'enter' ? 'return' : (key.name ?? '');
}

function isPrintable({ sequence = '' }: Key): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(sequence);
}

function beside(id: ColumnId, step: number): ColumnId {
  return sortable[sortable.indexOf(id) + step] ?? id;
}

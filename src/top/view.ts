// How somebody looks at the scene: all that keys change (keys.ts), and nothing that was measured.
import type { ColumnId } from './columns.ts';
import type { Row } from './scene.ts';

export interface View {
  /** `list` shows the guests; the others are shown in their place, or ask for a line of text. */
  mode: 'list' | 'help' | 'sort' | 'filter' | 'interval' | 'explain';
  sort: ColumnId;
  /** Otherwise the largest figure is first, and of names A. */
  reversed: boolean;
  /** Guests below their groups. */
  tree: boolean;
  /** Part of a guest's or group's name, in lower case; empty shows all. */
  filter: string;
  /** Only this one; all when absent. */
  uplink?: string | undefined;
  busyOnly: boolean;
  paused: boolean;
  /** Seconds between two readings. */
  interval: number;
  /** Rows above the first that is to be seen. */
  scroll: number;
  /** The marked row, and where it stood last: it is followed while it is there. None before somebody asks for it. */
  cursor?: { row: Row; at: number } | undefined;
  /** In `explain`: of whom, and how far the list was scrolled. */
  explained?: Subject | undefined;
  /** What has been typed so far, in `filter` and `interval`; the column that is chosen, in `sort`. */
  input: string;
}

export interface Subject {
  kind: 'guest' | 'group';
  name: string;
  from: number;
}

/** What a frame shows of it, which the next key counts from. */
export interface Shown {
  uplinks: string[];
  /** Rows above those that are seen. */
  first: number;
  rows: number;
  /** Rows that fit. */
  page: number;
  /** In `list`: all rows in their order, and which of them is marked. */
  list?: Row[];
  cursor?: number | undefined;
}

export const leastInterval = 0.1;
export const longestInterval = 3600;

export function initialView(interval: number): View {
  return {
    mode: 'list',
    sort: 'use',
    reversed: false,
    tree: false,
    filter: '',
    busyOnly: false,
    paused: false,
    interval,
    scroll: 0,
    input: '',
  };
}

// The view: the state that keys change (keys.ts), and nothing that was measured.
import type { ColumnId } from './columns.ts';
import type { Row } from './scene.ts';

export interface View {
  /** `list` shows the guests; the other modes replace the list or prompt for a line of text. */
  mode: 'list' | 'help' | 'sort' | 'filter' | 'interval' | 'explain';
  sort: ColumnId;
  /** Reversed order; the usual one is descending for figures, ascending for names. */
  reversed: boolean;
  /** Whether guests are shown below their groups. */
  tree: boolean;
  /** Part of a guest's or group's name, in lower case; empty shows all. */
  filter: string;
  /** The only uplink that is shown; absent: all. */
  uplink?: string | undefined;
  busyOnly: boolean;
  paused: boolean;
  /** Seconds between two readings. */
  interval: number;
  /** The number of rows above the first visible one. */
  scroll: number;
  /** The cursor: its row, which it follows while that is there, and its last position. Absent before the first cursor key. */
  cursor?: { row: Row; at: number } | undefined;
  /** In `explain`: the subject, and how far the list was scrolled. */
  explained?: ViewSubject | undefined;
  /** The text typed so far, in `filter` and `interval`; the chosen column, in `sort`. */
  input: string;
}

export interface ViewSubject {
  kind: 'guest' | 'group';
  name: string;
  from: number;
}

/** What the last frame showed: the next key works on it. */
export interface Shown {
  uplinks: string[];
  /** The number of rows above the visible ones. */
  first: number;
  rows: number;
  /** The number of rows that fit. */
  page: number;
  /** In `list`: all rows in their order, and the index of the cursor's row. */
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

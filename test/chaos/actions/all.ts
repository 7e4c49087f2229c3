// Every kind of action there is, by name.
import type { Action } from './action.ts';
import { chainActions } from './chains.ts';
import { deviceActions } from './devices.ts';
import { fileActions } from './files.ts';
import { filterActions } from './filters.ts';
import { guestActions } from './guests.ts';
import { tableActions } from './table.ts';
import { treeActions } from './trees.ts';

export const actions: Record<string, Action> = {
  ...tableActions,
  ...chainActions,
  ...treeActions,
  ...filterActions,
  ...deviceActions,
  ...guestActions,
  ...fileActions,
};

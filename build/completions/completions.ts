// The files of packaging/completions, as they have to be today.
import { fileURLToPath } from 'node:url';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { shapeOf } from './shape.ts';
import { zshCompletion } from './zsh.ts';

export const folder = fileURLToPath(new URL('../../packaging/completions/', import.meta.url));

/** Text by name. */
export function completions(): Map<string, string> {
  const shape = shapeOf();
  return new Map([
    [`${shape.name}.bash`, bashCompletion(shape)],
    [`_${shape.name}`, zshCompletion(shape)],
    [`${shape.name}.fish`, fishCompletion(shape)],
  ]);
}

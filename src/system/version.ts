// The version of package.json: put in by the build, read from the file when run from source.
import { readFileSync } from 'node:fs';

declare const __VERSION__: string | undefined;

export const version: string =
  typeof __VERSION__ === 'string'
    ? __VERSION__
    : JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

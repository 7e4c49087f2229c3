// What no person writes twice: the parts of documents that come from manual pages, schemas and the program itself.
// They stand between `<!-- made: NAME -->` and `<!-- /made -->`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { houseTable } from './house.ts';
import { markdownOf } from './mdoc.ts';
import { exampleGuest, jsonTables, metricsTable } from './output.ts';
import { screens } from './screens.ts';
import { storeTables } from './store.ts';

export const top = fileURLToPath(new URL('../../', import.meta.url));

/** Name -> Markdown as it stands between the marks: a block right behind them, anything else with empty lines. */
export function makeParts(): Map<string, string> {
  const drawn = Object.entries(screens()).map(([name, text]) => [`screen-${name}`, block('text', text)]);
  const parts: Record<string, string> = {
    ...Object.fromEntries(drawn),
    house: block('text', houseTable()),
    json: jsonTables(),
    metrics: metricsTable(),
    store: storeTables(),
    'example-guest': block('json', exampleGuest()),
    configuration: markdownOf(manual('virt-shaper.toml.5'), [
      'DESCRIPTION',
      'VALUES',
      'TABLES',
      'TUNING',
      'LIMITS INSIDE THE HOST',
      'LIMITS THAT CHANGE',
      'LEAVES',
      'NAMES AND PATTERNS',
      'IDS',
      "THE POLICY IN THE GUEST'S XML",
      'EXAMPLES',
    ]),
    commands: markdownOf(manual('virt-shaper.8'), [
      'OPTIONS',
      'COMMANDS',
      'EXIT STATUS',
      'ENVIRONMENT',
      'FILES',
      'EXAMPLES',
      'DIAGNOSTICS',
      'SECURITY CONSIDERATIONS',
    ]),
  };
  return new Map(
    Object.entries(parts).map(([name, text]) => [name, text.startsWith('```') ? `${text}\n` : `\n${text}\n`]),
  );
}

function manual(name: string): string {
  return readFileSync(join(top, 'man', name), 'utf8');
}

function block(kind: string, text: string): string {
  return `\`\`\`${kind}\n${text}\`\`\``;
}

// The schema of --json, as strict as a test wants it: no property that it does not name. What data has been held against
// it is noted, so that a test can ask for what it describes and nothing has ever printed.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';

export interface Schema {
  $ref?: string;
  description?: string;
  required?: string[];
  $defs?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  items?: Schema;
  oneOf?: Schema[];
  enum?: unknown[];
  type?: string | string[];
}

const file = fileURLToPath(new URL('../../packaging/schema/virt-shaper-output.schema.json', import.meta.url));
export const outputSchema = JSON.parse(readFileSync(file, 'utf8')) as Schema & {
  $defs: Record<string, Schema>;
};

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, formats: { 'date-time': time } });
ajv.addSchema({ ...strict(structuredClone(outputSchema)), $id: 'output' });

const seen = new Set<Schema>();

/** @param name of the definition; @returns what is wrong, a line each */
export function againstSchema(name: string, data: unknown): string[] {
  const validate = ajv.getSchema(`output#/$defs/${name}`);
  if (!validate) return [`the schema has no ${name}`];
  note(outputSchema.$defs[name], data);
  if (validate(data)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${name}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** Properties of the schema that nothing held against it had, as `guest.faults`. */
export function neverSeen(): string[] {
  return Object.entries(outputSchema.$defs).flatMap(([name, schema]) => unseenIn(schema, name));
}

function unseenIn(schema: Schema, path: string): string[] {
  const inner = [...(schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])];
  const below = inner.flatMap((one) => unseenIn(one, path));
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, one]) =>
    seen.has(one) ? unseenIn(one, `${path}.${key}`) : [`${path}.${key}`],
  );
  return [...below, ...own];
}

function note(schema: Schema | undefined, data: unknown): void {
  if (schema === undefined) return;
  if (schema.$ref) note(outputSchema.$defs[schema.$ref.replace('#/$defs/', '')], data);
  for (const one of schema.oneOf ?? []) note(one, data);
  if (Array.isArray(data)) for (const one of data) note(schema.items, one);
  else if (typeof data === 'object' && data !== null) {
    for (const [key, value] of Object.entries(data)) {
      const own = schema.properties?.[key];
      if (own) seen.add(own);
      note(own, value);
    }
  }
}

function strict<T extends Schema>(schema: T): T {
  if (schema.properties && schema.additionalProperties === undefined) schema.additionalProperties = false;
  const inner = [schema.$defs, schema.properties].flatMap((all) => Object.values(all ?? {}));
  for (const one of [...inner, ...(schema.oneOf ?? [])]) strict(one);
  if (schema.items) strict(schema.items);
  return schema;
}

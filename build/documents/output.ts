// docs/output.md's tables: of every --json from its schema, of every metric from what the program prints.

import { type Ledger, newAccount, newLedger } from '../../src/ledger/ledger.ts';
import type { Override } from '../../src/policy/moment/moment.ts';
import { statusAsData } from '../../src/report/in-use-data.ts';
import { reportMetrics } from '../../src/report/metrics/metrics.ts';
import { parseExposition } from '../../test/support/exposition.ts';
import { asked, someAllowances } from '../../test/support/in-use.ts';
import { outputSchema, type Schema } from '../../test/support/output-schema.ts';
import { makeHost, makeUse } from './scene.ts';

/** Definitions of commands: they alone have a version. */
const isCommand = (schema: Schema) => schema.properties?.version !== undefined;
const isTable = (schema: Schema | undefined) => schema?.properties !== undefined;

/** @returns a table for each command, then one for each shape that several have */
export function jsonTables(): string {
  const all = Object.entries(outputSchema.$defs);
  const commands = all.filter(([, schema]) => isCommand(schema));
  const shapes = all.filter(([, schema]) => isTable(schema) && !isCommand(schema));
  return [
    ...commands.map(([, schema]) => section(headOf(schema), schema)),
    ...shapes.map(([name, schema]) => section(`${article(name)} ${name}: ${schema.description}`, schema)),
  ].join('\n\n');
}

/** "`top --json`: one frame." */
function headOf({ description = '' }: Schema): string {
  return description;
}

function section(head: string, schema: Schema): string {
  const [title = '', ...rest] = head.split(': ');
  const text = rest.join(': ');
  const rows = fieldsOf(schema).map((cells) => `| ${cells.join(' | ')} |`);
  const sentence = text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}\n\n`;
  return `#### ${title}\n\n${sentence}| field | is | what it says |\n| --- | --- | --- |\n${rows.join('\n')}`;
}

/** Fields of objects that have no name of their own stand below their path: `guests[].guest`. */
function fieldsOf(schema: Schema, path = ''): [field: string, type: string, what: string][] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([key, one]): [string, string, string][] => {
    if (path === '' && key === 'version') return [];
    const own = `${path}${key}${one.items ? '[]' : ''}`;
    const field = `\`${own}\`${required.has(key) ? '' : ' ?'}`;
    return [
      [field, typeOf(one), one.description ?? ''],
      ...innerOf(one).flatMap((inner) => fieldsOf(inner, `${own}.`)),
    ];
  });
}

/** Objects that are described in place. */
function innerOf(schema: Schema): Schema[] {
  const own = schema.items ?? schema;
  return own.properties ? [own] : (own.oneOf ?? []).filter((one) => one.properties);
}

const words: Record<string, string> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'true or false',
  null: 'null',
  object: 'object',
};

function typeOf(schema: Schema): string {
  if (schema.items) {
    const { enum: some, type } = schema.items;
    return some || typeof type === 'string' ? `list of ${typeOf(schema.items)}` : typeOf(schema.items);
  }
  if (schema.oneOf)
    return [...new Set(schema.oneOf.map(typeOf))].sort((a) => (a === 'null' ? 1 : 0)).join(' or ');
  if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(', ');
  if (schema.$ref === undefined)
    return [schema.type ?? []]
      .flat()
      .map((type) => words[type])
      .join(' or ');
  const name = schema.$ref.replace('#/$defs/', '');
  const target = outputSchema.$defs[name];
  if (isTable(target))
    return `[${article(name).toLowerCase()} ${name}](#${article(name).toLowerCase()}-${name})`;
  if (name === 'state') return '[state](#states)';
  if (target?.enum) return typeOf(target);
  return name === 'tc-values' ? 'object of figures' : (target?.description ?? name);
}

function article(name: string): string {
  return /^[aeo]/.test(name) ? 'An' : 'A';
}

/** A guest of `status --json`. */
export function exampleGuest(): string {
  const { guests } = statusAsData(makeUse(makeHost().outputs, ['vnet2']).inUse, asked) as {
    guests: { guest: string }[];
  };
  return `${JSON.stringify(
    guests.find(({ guest }) => guest === 'jason'),
    null,
    2,
  )}\n`;
}

/** Every family of a host that has guests, groups and limits, and something set for now. */
export function metricsTable(): string {
  const set = { since: 0, by: 'alice', ceil: { out: 1e6, in: 1e6 } };
  const names = { guest: 'jason', group: 'friends', unmarked: 'eth0' } as const;
  const overrides = Object.entries(names).map(([kind, name]): Override => {
    return { kind: kind as Override['kind'], name, ...set };
  });
  const { inUse } = makeUse(makeHost({ now: 0, overrides }).outputs, ['vnet2']);
  const families = [
    ...parseExposition(reportMetrics({ ...inUse, allowances: someAllowances() }, asked, someLedger())),
  ];
  const rows = families.map(([name, { type, help, samples }]) => {
    const labels = Object.keys(samples[0]?.labels ?? {}).map((label) => `\`${label}\``);
    return `| \`${name}\` | ${type} | ${labels.join(', ') || '-'} | ${unitOf(name)} | ${help.replace(/\.$/, '')} |`;
  });
  return `| name | type | labels | unit | what it is |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}`;
}

function someLedger(): Ledger {
  const ledger = newLedger('');
  for (const kind of ['guest', 'group', 'uplink'] as const) ledger.accounts.set(`${kind} x`, newAccount());
  return ledger;
}

/** As Prometheus' conventions have it in the name. */
function unitOf(name: string): string {
  const plain = name.replace(/_total$/, '');
  if (plain.endsWith('_timestamp_seconds')) return 'seconds since 1970';
  const [, unit] = plain.match(/_((?:bytes|packets|seconds)(?:_per_second)?)$/) ?? [];
  if (unit) return unit.replaceAll('_', ' ');
  return name.endsWith('_total') || /_(drift|guests)$/.test(name) ? 'number' : '0 or 1';
}

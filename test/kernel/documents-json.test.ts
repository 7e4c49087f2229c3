// The whole examples of docs/output.md: what each --json prints on a small host, between `<!-- example: NAME -->` and
// `<!-- /example -->`. UPDATE_GOLDEN=1 writes them anew. Figures are those of one run, so what is held is that each of them
// is as the schema says, and that the program prints the same fields today.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { compactJson } from '../support/compact-json.ts';
import { fillMarked } from '../support/marked.ts';
import { againstSchema, outputSchema } from '../support/output-schema.ts';
import { sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const page = join(fileURLToPath(new URL('../../', import.meta.url)), 'docs/output.md');

const config = (rate: string) => `[uplink.eth0]
ceil = "1gbit"

[group.friends]
ceil = "30mbit"

[guest.cliff]
group = "friends"
rate = "${rate}"
ceil = "30mbit"
local = "100mbit"
`;

const { test, host } = kernelTest({ config: config('15mbit'), taps: ['vnet0'], needs: ['ping'] });

/** Definition of the schema -> the command that prints it. */
const commands: Record<string, string[]> = {
  status: ['status'],
  tree: ['tree'],
  top: ['top', '--once', '--interval', '0.2'],
  explain: ['explain', 'cliff'],
  'explain-group': ['explain', 'friends'],
  limits: ['limits'],
  usage: ['usage'],
  check: ['check'],
  doctor: ['doctor'],
  hooks: ['hooks', 'status'],
  plan: ['apply', '--dry-run'],
  verify: ['verify'],
};

function print(name: string): unknown {
  const { stdout, stderr } = host.run([...(commands[name] ?? []), '--json']);
  assert.is.not(stdout, '', `${name}: ${stderr}`);
  // Nothing of the machine that it was made on.
  const node = new RegExp(`(?:${process.execPath} )?\\S*/dist/virt-shaper\\.js`, 'g');
  return JSON.parse(
    stdout
      .replaceAll(` --root=${host.root}`, '')
      .replaceAll(host.root, '')
      .replace(node, '/usr/sbin/virt-shaper'),
  );
}

test('each --json has an example in docs/output.md, whole and of today', () => {
  const wanted = Object.entries(outputSchema.$defs).flatMap(([name, { properties }]) =>
    properties?.version ? [name] : [],
  );
  assert.equal(Object.keys(commands).sort(), wanted.sort(), 'a definition of a command without its example');
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  assert.is(
    host.run(['limit', 'cliff', '--ceil', '20mbit', '--for', '2h', '--why', 'report 4711']).status,
    0,
  );
  // What is counted first is where counting begins.
  assert.is(host.run(['usage', 'count']).status, 0);
  sh('ip address add 192.0.2.1/24 dev g-vnet0; ping -c 2 -W 1 -I g-vnet0 192.0.2.9 || true');
  const printed = new Map<string, unknown>();
  for (const name of Object.keys(commands)) {
    if (name === 'usage') assert.is(host.run(['usage', 'count']).status, 0);
    if (name === 'plan') host.configure(config('10mbit'));
    if (name === 'verify')
      sh('tc class change dev eth0 parent 1:f8da classid 1:cc41 htb rate 15mbit ceil 900mbit');
    printed.set(name, print(name));
  }

  const places: string[] = [];
  const text = readFileSync(page, 'utf8');
  const now = fillMarked(
    text,
    'example',
    (name, former) => {
      places.push(name);
      if (process.env.UPDATE_GOLDEN) return `\`\`\`json\n${compactJson(printed.get(name))}\n\`\`\`\n`;
      const shown = JSON.parse(former.replace(/^```json\n|\n```\n$/g, ''));
      assert.equal(againstSchema(name, shown), [], name);
      // What doctor says is of each host.
      if (name !== 'doctor') assert.equal(fieldsOf(shown), fieldsOf(printed.get(name)), again(name));
      return former;
    },
    [],
  );
  if (process.env.UPDATE_GOLDEN) writeFileSync(page, now);
  assert.equal(places.sort(), wanted);
});

const again = (name: string) => `${name}: UPDATE_GOLDEN=1 npm test -- kernel/documents`;

/** Paths of all fields; not those of queues, which are of the kernel. */
function fieldsOf(value: unknown, path = ''): string[] {
  const inner = Array.isArray(value)
    ? value.flatMap((one) => fieldsOf(one, `${path}[]`))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, one]) => fieldsOf(one, `${path}.${key}`))
      : [];
  return [...new Set([path, ...inner])]
    .filter((one) => !/\.(leaf|from|to|lines|commands)\b./.test(one))
    .sort();
}

test.run();

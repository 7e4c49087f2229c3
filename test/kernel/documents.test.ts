// What documents show of commands that change things, as the program prints it on a real kernel: between
// `<!-- shown: NAME -->` and `<!-- /shown -->`. UPDATE_GOLDEN=1 writes them anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { fillMarked } from '../support/marked.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { pagePaths } from '../support/pages.ts';
import { unless } from '../support/skip.ts';
import { sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));
const top = fileURLToPath(new URL('../../', import.meta.url));

const config = (ceil: string) => `[uplink.eth0]
ceil = "1gbit"

[group.friends]
ceil = "30mbit"

[guest.cliff]
group = "friends"
rate = "15mbit"
ceil = "30mbit"

[guest.jason]
rate = "30mbit"
ceil = "${ceil}"
`;

let host: TestHost;
test.before(() => {
  host = new TestHost(config('50mbit')).bridge('br0', 'eth0').tap('vnet0').tap('vnet1');
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  assert.is(host.hook('jason', 'start', { vnet1: 'br0' }).status, 0);
  host.configure(config('100mbit'));
});
test.after(() => host.end());

test('every screen is as it is shown', () => {
  const shown = new Map<string, string>();
  shown.set('check', run('check'));
  shown.set('dry-run', run('apply', '--dry-run'));
  shown.set('verbose', run('apply', '--dry-run', '--verbose'));
  shown.set('apply', run('apply'));
  sh('tc class change dev eth0 parent 1:ffff classid 1:3530 htb rate 30mbit ceil 900mbit');
  shown.set('verify', run('verify'));
  sh('tc qdisc del dev vnet1 clsact; tc qdisc add dev vnet1 ingress');
  shown.set('doctor', sections(run('doctor'), ['Network', 'In force']));

  const places: string[] = [];
  for (const path of pagePaths()) {
    const text = readFileSync(join(top, path), 'utf8');
    const now = fillMarked(
      text,
      'shown',
      (name) => {
        places.push(name);
        return `\`\`\`text\n${shown.get(name)}\`\`\`\n`;
      },
      [],
    );
    if (process.env.UPDATE_GOLDEN) writeFileSync(join(top, path), now);
    else assert.is(text, now, `${path}: UPDATE_GOLDEN=1 npm test -- kernel/documents`);
  }
  assert.equal(places.sort(), [...shown.keys()].sort());
});

/** Both streams, without what differs from machine to machine. */
function run(...args: string[]): string {
  const { stdout, stderr } = host.run(args);
  return `${stdout}${stderr}`
    .replaceAll(host.root, '')
    .replace(/(\d+) s ago/g, '3 s ago')
    .replace(/^.* br_netfilter .*\n(?: {20}.*\n)*/gm, '')
    .replace(/^ {2}. leaf .*\n/gm, '')
    .replace(/^\d+ differences: .*\n/m, '');
}

function sections(page: string, titles: string[]): string {
  const all = page.split('\n\n');
  return `${all.filter((section) => titles.includes(section.split('\n')[0] ?? '')).join('\n\n')}\n`;
}

test.run();

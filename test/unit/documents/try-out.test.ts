// The try-out of docs/getting-started.md, its commands word for word, in the namespace it asks for.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needsCommand, needsUnshare, netnsScript } from '../../support/needs.ts';
import { readPages } from '../../support/pages.ts';
import { unless } from '../../support/skip.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const [page] = readPages(['docs/getting-started.md']);
const steps = (page?.blocks ?? []).filter(({ label }) => label === 'try-out').map(({ text }) => text);

unless(needsCommand('bash', 'ip', 'tc', 'nft', 'iperf3') ?? needsUnshare())(
  'the try-out works as written and leaves nothing',
  () => {
    const [shell = '', ...commands] = steps;
    assert.is(`${netnsScript.slice(root.length)}`, shell.split(' ')[1]);
    const { status, stdout, stderr } = spawnSync('sh', [netnsScript, 'bash', '-e'], {
      input: commands.join(''),
      encoding: 'utf8',
      cwd: root,
      timeout: 120_000,
    });
    assert.is(status, 0, `${stdout}\n${stderr}`);
    const [tree = ''] = page?.text.match(/^eth0 \(br0\), sending.*?(?=^```)/ms) ?? [];
    assert.ok(tree.length > 0 && stdout.includes(tree), `the tree is not as shown:\n${stdout}`);
    assert.not.match(stdout, /^qdisc (htb|clsact) \S+ dev/m, 'nothing is left');
    const [free = 0, ...received] = [...stdout.matchAll(/([\d.]+) ([MG])bits\/sec +receiver/g)].map(
      ([, figure, unit]) => Number(figure) * (unit === 'G' ? 1000 : 1),
    );
    assert.ok(free > 100, `${free} mbit without a limit`);
    assert.is(received.length, 2);
    for (const mbit of received) assert.ok(mbit > 15 && mbit < 31, `${mbit} mbit of 30`);
  },
);

test.run();

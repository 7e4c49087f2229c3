// Whoever reads any page of it begins with the same commands in the same order.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importFiles } from '../../../src/import/import.ts';
import { firstConfig } from '../../../src/init/first-config.ts';
import { firstSteps, stepsAfter } from '../../../src/text/first-steps.ts';
import { sectionOf } from '../../support/mdoc.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

function run(...args: string[]) {
  const all = ['--import', 'tsx', join(root, 'src/cli.ts'), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', cwd: root });
  return { status, stdout, stderr };
}

/** Those of the steps that a text names, in its order. */
function stepsIn(text: string, before = 'virt-shaper '): string[] {
  const all = [...text.matchAll(new RegExp(`${before}(${firstSteps.join('|')})\\b`, 'g'))];
  return [...new Set(all.map(([, step = '']) => step))];
}

/** Where systemd runs, what follows them. */
const lastOfAll = /\nvirt-shaper status\nsystemctl enable --now virt-shaper\b/;

test('documents, manual page, package and first configuration name the same steps', () => {
  for (const page of ['README.md', 'docs/getting-started.md']) {
    const block = read(page).match(/```sh\nvirt-shaper doctor\b[\s\S]*?```/)?.[0] ?? '';
    assert.equal(stepsIn(block), firstSteps, page);
    assert.match(block, lastOfAll, page);
  }
  const setUp = sectionOf(read('man/virt-shaper.8'), 'EXAMPLES').split('.Ss A change')[0] ?? '';
  assert.equal(stepsIn(setUp), firstSteps);
  assert.match(setUp.replaceAll('\\-', '-'), lastOfAll);
  const said =
    read('packaging/maintainer/after-install').match(/say_first_steps\(\) \{[\s\S]*?\n\}/)?.[0] ?? '';
  assert.equal(stepsIn(said), firstSteps);
  assert.match(said, /virt-shaper status[^\n]*\n[^\n]*systemctl enable --now virt-shaper/);
  const begun = firstConfig({ uplinks: [], undecided: [], isolated: [], guests: [] });
  assert.equal(stepsIn(begun, '#   \\d\\. virt-shaper '), firstSteps.slice(2));
  assert.match(begun, /virt-shaper status[^\n]*\n# {3}\d\. systemctl enable --now virt-shaper/);
  assert.equal(stepsIn(stepsAfter('init')), firstSteps.slice(2));
});

test('so does --help', () => {
  const { stdout } = run('--help');
  const steps = stdout.slice(stdout.indexOf('First steps:')).split('From there')[0] ?? '';
  assert.equal(stepsIn(steps, ''), firstSteps);
  assert.match(stdout, 'systemctl enable --now virt-shaper');
});

test('who types reload is told of load and apply, not of unload', () => {
  const { status, stderr } = run('reload');
  assert.is(status, 2);
  assert.match(stderr, 'Did you mean load? For a changed configuration: apply');
  assert.not.match(stderr, 'unload');
});

test('help for what is no command says so, and no more than where to look', () => {
  for (const [name, said] of [
    [
      'lmit',
      "virt-shaper: unknown command 'lmit'\n(Did you mean limit?)\n(virt-shaper --help shows what there is)\n",
    ],
    ['nonsense', "virt-shaper: unknown command 'nonsense'\n(virt-shaper --help shows what there is)\n"],
  ] as const)
    assert.equal(run('help', name), { status: 2, stdout: '', stderr: said });
  assert.is(run('help').status, 0);
  assert.match(run('help', 'limit').stdout, '--lift');
});

test('a text that nothing can be imported from is refused, with what could be; an empty one is none', () => {
  const from = (text: string) => importFiles([{ name: 'notes', text }]);
  assert.throws(
    () => from('hello\n'),
    /notes is none of: the old hook's bandwidth\.conf, libvirt's domain XML/,
  );
  assert.match(from('# nothing yet\n').toml, '#');
});

test.run();

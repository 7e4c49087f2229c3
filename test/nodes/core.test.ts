// The core of `npm run test:nodes` for CI: the oldest Node.js that the packages take, and the newest.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { copyCheckout } from '../support/checkout.ts';
import { needsUnshare } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { fetchNode, versions } from './fetch.ts';
import { core, listJobs } from './jobs.ts';
import { runJob } from './run-job.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'virt-shaper-nodes-'));

function notWanted(): string | undefined {
  if (process.env.VIRT_SHAPER_CORE === '1') return undefined;
  return 'takes two minutes, and fetches them (VIRT_SHAPER_CORE=1 runs it)';
}

/**
 * Each Node.js caches compiled code of the program beside it, and deletes that of other versions: in the checkout itself, all
 * tests that run meanwhile would compile the program again and again.
 */
const checkout = notWanted() === undefined ? copyCheckout(root) : root;

for (const version of [versions[0], versions.at(-1)] as [string, string]) {
  const test = unless(notWanted() ?? cannotFetch(version) ?? needsUnshare());
  for (const job of core.flatMap((name) => listJobs([name]))) {
    test(`${job.name} with Node.js ${version}`, async () => {
      const { passed, failed, skipped, output } = await runJob(job, fetchNode(version), checkout, scratch);
      assert.is(failed, 0, output);
      assert.ok(passed > 0, skipped.join('\n'));
    });
  }
  if (version === versions.at(-1)) test.run();
}

function cannotFetch(version: string): string | undefined {
  try {
    fetchNode(version);
    return undefined;
  } catch (error) {
    return `Node.js ${version} cannot be had here: ${(error as Error).message.split('\n')[0]}`;
  }
}
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

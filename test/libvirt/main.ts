// The suite against a real libvirtd with real (emulated) guests:
//
//   npm run test:libvirt [-- [--core] [--suite trixie] [WORD...]]
//
// --core runs the few that are enough for CI, --suite takes everything but the kernel from that Debian, a WORD
// picks scenarios by title. Exit status 0 means that all of them hold. Ctrl-C at any moment leaves nothing behind, since all of it lives in this process's namespaces.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { needsCommand, needsNamespace, needsRoot } from '../support/needs.ts';
import { Namespaces } from '../support/netns.ts';
import { skipMark } from '../support/skip.ts';
import { NoGuests } from './harness/guest.ts';
import { debianFolder } from './harness/host.ts';
import { callsOf, clearHost, clearNotes, consolesOf, journalOf, type Lab, makeLab } from './harness/lab.ts';
import { virsh } from './harness/virsh.ts';
import { slowness } from './harness/wait.ts';
import type { Scenario } from './scenario.ts';
import { daemon } from './scenarios/daemon.ts';
import { healthy } from './scenarios/healthy.ts';
import { last, life } from './scenarios/life.ts';
import { many } from './scenarios/many.ts';
import { migrate } from './scenarios/migrate.ts';
import { modular } from './scenarios/modular.ts';
import { nics } from './scenarios/nics.ts';
import { natted } from './scenarios/routed.ts';
import { saved } from './scenarios/saved.ts';
import { printHeader, printRow, printTotals, type Row, showProgress } from './table.ts';

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { core: { type: 'boolean', default: false }, suite: { type: 'string' } },
});
/** Seconds, on a machine with nothing else to do. */
const limit = 240;
const scenarios: Scenario[] = [
  ...healthy,
  ...life,
  ...saved,
  ...daemon,
  ...nics,
  ...natted,
  ...modular,
  ...many,
  ...migrate,
  last,
];
const chosen = scenarios
  .filter(({ core }) => core || !options.core)
  .filter(({ title }) => words.length === 0 || words.some((word) => title.includes(word)));

const obstacle = needsRoot() ?? needsNamespace() ?? needsCommand('libvirtd', 'virsh', 'iperf3', 'nft', 'tc');
if (obstacle) {
  console.error(`libvirt: nothing was tested: ${obstacle}`);
  process.exitCode = 1;
} else {
  process.exitCode = (await runAll()) ? 0 : 1;
  process.exit();
}

async function runAll(): Promise<boolean> {
  const started = performance.now();
  showProgress('making two hosts with libvirt, and the image of their guests');
  const lab = await makeLab(new Namespaces(), options.suite ? debianFolder(options.suite) : '/');
  console.log(`${await virsh(lab.a, 'version', '--daemon')}`.trim());
  const rows: Row[] = [];
  const calls = new Set<string>();
  printHeader();
  for (const scenario of chosen) {
    showProgress(scenario.title);
    const missing = scenario.lacks?.(lab);
    if (missing) {
      rows.push({ title: scenario.title, result: 'skipped', seconds: 0, lines: [missing] });
      printRow(rows.at(-1) as Row);
      continue;
    }
    const row = await runOne(lab, scenario);
    rows.push(row);
    // What follows the name, which may have blanks: operation, sub-operation, and a reason.
    for (const [, call] of [lab.a, lab.b]
      .map(callsOf)
      .join('')
      .matchAll(/(\S+ \S+ \S+)$/gm))
      calls.add(call ?? '');
    printRow(row);
  }
  console.log(`libvirt called: ${[...calls].sort().join(', ')}`);
  for (const { title, result, lines } of rows) {
    if (result === 'skipped')
      console.log(`${skipMark}${title} -- ${lines.join(' ')}`.replace(/\s*\n\s*/g, ' '));
  }
  printTotals(rows, (performance.now() - started) / 1000);
  return rows.some(({ result }) => result === 'ok') && rows.every(({ result }) => result !== 'FAILED');
}

/** Nothing goes on for ever, whatever happens in it. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const most = Math.round(limit * slowness());
  const late = delay(most * 1000, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`still going on after ${most} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
    late.catch(() => {});
  }
}

/** Whatever a scenario leaves is cleared; that it can be is part of its result. */
async function runOne(lab: Lab, { title, run }: Scenario): Promise<Row> {
  const hosts = [lab.a, lab.b];
  const started = performance.now();
  const problems: string[] = [];
  let lacking: string | undefined;
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await inTime(work());
    } catch (error) {
      if (error instanceof NoGuests) lacking = error.message;
      else problems.push(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  hosts.forEach(clearNotes);
  const figures = (await attempt(() => run(lab))) ?? [];
  if (problems.length > 0) problems.push(...hosts.flatMap(consolesOf));
  for (const host of hosts) await attempt(() => clearHost(host));
  const seconds = (performance.now() - started) / 1000;
  const said = hosts.map((host) => journalOf(host).trim()).filter(Boolean);
  const lines = [...problems, ...figures, ...said.map((text) => `virt-shaper said: ${text}`)];
  if (problems.length === 0 && lacking) return { title, result: 'skipped', seconds, lines: [lacking] };
  return { title, result: problems.length === 0 ? 'ok' : 'FAILED', seconds, lines };
}

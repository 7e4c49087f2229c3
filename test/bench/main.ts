// npm run bench [-- [--quick] [--check] [--docs] [--redraw] [SECTION...]]   how fast, how exact, at what price. Without a
// word every section but those that are measured only when they are named (sections.ts).
//
//   --quick    every section, in few and short runs: that it works, not how fast it is
//   --check    exit status 1 where a figure is not reached
//   --docs     also puts tables and pictures of what is measured into docs/, and leaves all others there
//   --redraw   measures nothing: --docs from the results of the last runs in this checkout
//
// Each section runs in a kernel's namespaces of its own, one after another. Its figures are written as JSON to
// test/bench/results, those of a quick run to test/bench/results/quick.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { netnsScript } from '../support/needs.ts';
import { writeDocs } from './docs.ts';
import { describeMachine, machineLine } from './machine.ts';
import { type Result, readResults, writeResult } from './results.ts';
import type { Lacking, Section } from './section.ts';
import { sections, usual, withLibvirt } from './sections.ts';
import { asText } from './show.ts';
import { isMet } from './statistics.ts';

const top = fileURLToPath(new URL('../../', import.meta.url));
const results = join(top, 'test/bench/results');
/** Seconds after which a section is given up. */
const patience = 900;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    redraw: { type: 'boolean', default: false },
  },
});

try {
  const all = options.redraw ? Object.keys(sections) : usual;
  process.exitCode = await main(positionals.length > 0 ? positionals : all);
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function main(names: string[]): Promise<number> {
  const unknown = names.filter((name) => !Object.hasOwn(sections, name));
  if (unknown.length > 0) {
    throw new Error(`no section ${unknown.join(', ')}; there are ${Object.keys(sections).join(', ')}`);
  }
  if (options.quick && options.docs)
    throw new Error('--docs shows figures that count, which those of --quick do not');
  if (!options.redraw && positionals.some((name) => withLibvirt.includes(name))) installLibvirt();
  const { measured, failed } = options.redraw
    ? { measured: readResults(results, names), failed: 0 }
    : await measureAll(names);
  if (options.docs || options.redraw) writeDocs(top, measured, Object.keys(sections));
  const missed = measured.flatMap(({ rows }) => rows.filter((row) => isMet(row) === false)).length;
  return failed > 0 || (options.check && missed > 0) ? 1 : 0;
}

async function measureAll(names: string[]): Promise<{ measured: Result[]; failed: number }> {
  const machine = describeMachine();
  const folder = copyProgram();
  const measured: Result[] = [];
  let failed = 0;
  console.log(
    `${machineLine(machine)}; virt-shaper ${machine.commit}, ${machine.date}, load ${machine.load}`,
  );
  for (const name of names) {
    const began = performance.now();
    const section = await runSection(name, folder);
    if (!section) {
      failed += 1;
      continue;
    }
    if ('lacks' in section) {
      console.log(`\n${name}: skipped, ${section.lacks}`);
      continue;
    }
    const seconds = Math.round((performance.now() - began) / 1000);
    const result = { ...section, machine, quick: options.quick, seconds };
    process.stdout.write(asText(section, process.stdout.isTTY && !process.env.NO_COLOR));
    // A quick run leaves those that count alone.
    writeResult(options.quick ? join(results, 'quick') : results, result);
    measured.push(result);
  }
  const rows = measured.flatMap((section) => section.rows.filter(({ target }) => target));
  const met = rows.filter((row) => isMet(row)).length;
  console.log(`\n${met} of ${rows.length} figures reached`);
  return { measured, failed };
}

/** What cannot be installed is said by the section that needs it. */
function installLibvirt(): void {
  const setup = join(top, 'test/support/libvirt-setup.sh');
  spawnSync('sh', [setup, '--daemon'], { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** What a build meanwhile would change. */
function copyProgram(): string {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-bench-program-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['dist', 'templates', 'package.json']) {
    cpSync(join(top, part), join(folder, part), { recursive: true });
  }
  return folder;
}

/** @returns nothing when it could not be measured, which was said */
async function runSection(name: string, folder: string): Promise<Section | Lacking | undefined> {
  const out = join(folder, `${name}.json`);
  const program = join(folder, 'dist/virt-shaper.js');
  const script = join(top, 'test/bench/run-section.ts');
  const args = [name, '--program', program, '--out', out, ...(options.quick ? ['--quick'] : [])];
  const child = spawn('sh', [netnsScript, process.execPath, '--import', 'tsx', script, ...args], {
    cwd: top,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: patience * 1000,
    killSignal: 'SIGKILL',
  });
  const status = await new Promise<number | string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'no status'));
  });
  if (status === 0) return JSON.parse(readFileSync(out, 'utf8'));
  console.error(`bench: ${name} could not be measured: ${status}`);
  return undefined;
}

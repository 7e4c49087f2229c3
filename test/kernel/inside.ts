// The program inside the test's own process: no Node.js to start, no bundle to build, so that a test can afford many
// commands, one after another. What it calls (nft, tc, ip, flock) runs as ever. Not for what is about processes: signals,
// the guard of `load --confirm`, two commands at once.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { CommanderError } from 'commander';
import Handlebars from 'handlebars';
import { makeProgram } from '../../src/cli/program.ts';
import { describeError } from '../../src/report/errors.ts';
import { ConfigError } from '../../src/system/errors.ts';
import { domainXml, program, type Result, TestHost } from './host.ts';
import { kernelTest, type Wanted } from './kernel-test.ts';

export class InsideHost extends TestHost {
  /** Folder of wrappers (test/faults/wrapper.ts, `wrap`) that stand before the real commands, until it is empty again. */
  before = '';

  async do(args: string[], input = ''): Promise<Result> {
    const path = process.env.PATH;
    if (this.before !== '') process.env.PATH = `${this.before}:${path}`;
    try {
      return await inside(['--root', this.root, ...args], input);
    } finally {
      process.env.PATH = path;
    }
  }

  /** @throws when it does not succeed */
  async must(args: string[], input = ''): Promise<Result> {
    const result = await this.do(args, input);
    if (result.status !== 0) throw new Error(`${args.join(' ')}: status ${result.status}\n${result.stderr}`);
    return result;
  }

  /** Until `unwrap`. */
  override wrap(tool: string, script: string): string {
    const path = super.wrap(tool, script);
    this.before = join(this.root, 'wrap');
    return path;
  }

  unwrap(): void {
    rmSync(this.before, { recursive: true, force: true });
    this.before = '';
  }

  start(name: string, tap: string, bridge = 'br0'): Promise<Result> {
    return this.call(name, 'start', { [tap]: bridge });
  }

  call(name: string, operation: string, taps: Record<string, string> = {}): Promise<Result> {
    return this.do(['hook', 'qemu', name, operation, 'begin', '-'], domainXml(name, taps));
  }
}

/** Two guests who have an entry, on one uplink: for tests that are about something else. */
export const twoGuests = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
[uplink.eth0]
ceil = "1gbit"
[guest.cliff]
[guest.rob]
`;

/** kernelTest with such a host, of three taps. */
export function insideTest(wanted: Wanted<InsideHost> = {}) {
  return kernelTest<InsideHost>({
    config: twoGuests,
    taps: ['vnet0', 'vnet1', 'vnet2'],
    make: (config) => new InsideHost(config),
    ...wanted,
  });
}

const templates = new URL('../../templates/', import.meta.url);

/**
 * As the bundle has them: a start is believed only where the templates are those that were compiled for it
 * (operations/hook/shape-guest.ts). Imported as commands are, of which a test runner may have a second graph of modules.
 */
async function compileTemplates(): Promise<void> {
  const { compiled, strictly } = await import('../../src/render/compiled.ts');
  if (Object.keys(compiled).length > 0) return;
  for (const file of readdirSync(templates)) {
    const text = readFileSync(new URL(file, templates), 'utf8');
    const template = new Function(`return ${Handlebars.precompile(text, strictly)}`)();
    compiled[basename(file, '.hbs')] = { text, template };
  }
}

/** As src/cli.ts does it. */
async function inside(args: string[], input: string): Promise<Result> {
  await compileTemplates();
  const said = { stdout: '', stderr: '' };
  const restore = [capture('stdout'), capture('stderr')];
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor;
  Object.defineProperty(process, 'stdin', { ...stdin, get: () => Readable.from([Buffer.from(input)]) });
  // What it starts by itself is the program, not this test.
  process.argv[1] = program;
  process.exitCode = 0;
  try {
    await makeProgram().parseAsync(['node', program, ...args]);
  } catch (error) {
    const usage = error instanceof CommanderError;
    if (!usage) said.stderr += `${describeError(error)}\n`;
    process.exitCode = usage || error instanceof ConfigError ? 2 : 1;
  } finally {
    for (const undo of restore) undo();
    Object.defineProperty(process, 'stdin', stdin);
  }
  const status = Number(process.exitCode);
  process.exitCode = 0;
  return { status, ...said };

  function capture(name: 'stdout' | 'stderr'): () => void {
    const stream = process[name];
    const write = stream.write;
    stream.write = (text: string | Uint8Array) => {
      said[name] += text.toString();
      return true;
    };
    return () => {
      stream.write = write;
    };
  }
}

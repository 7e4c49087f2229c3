// What Node.js runs first: the whole program, as one script (program.js), or what libvirt's hook needs of it (hook.js), with
// what V8 has compiled of it kept from one run to the next. A guest's start waits for the hook, and compiling costs it as
// much as Node.js itself.
// What is kept is code that root will run: nobody else may have been able to write it, and V8 refuses what another
// version of it, or other flags, have made. Without it, or where none can be kept, everything works, later.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { hookLine } from './cli/hook-line.ts';
import { doneVariable } from './hooks/statuses.ts';
import { otherWriters } from './system/trust.ts';

/** Of both scripts' texts: put in by the build. */
declare const __DIGEST__: string;

const [whole, ofHook] = [join(__dirname, 'program.js'), join(__dirname, 'hook.js')] as const;
const folder = __dirname === '/usr/lib/virt-shaper' ? '/var/cache/virt-shaper' : join(__dirname, 'cache');
/** Major version of the newest Node.js that was tried (docs/nodes.md). */
const newest = 26;
/** Every command takes what is kept; these leave behind most of what others need. */
const keepers = ['sync', 'load'];

const stamps = [whole, ofHook].map((file) => statSync(file, { throwIfNoEntry: false }));
// In the midst of an upgrade it may not be there yet.
const isHook = stamps[1] !== undefined && hookLine(process.argv.slice(2)) !== undefined;
const program = isHook ? ofHook : whole;

// A run is over before code that was optimised could pay for it, and most of what it makes lives to its end: with a
// thousand guests that is a third of the CPU time and of the memory (nursery of the heap kept small). Collected when it
// has grown by three fifths, not when it has doubled and more: 84 MB in place of 105, and no slower.
// A Node.js that has lost one of these flags would complain at every command, so only those that were tried are told.
if (Number.parseInt(process.versions.node, 10) <= newest) {
  setFlagsFromString('--no-opt');
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=60');
  if (isHook) {
    // A start is over before its whole heap was worth a look, which took a tenth of its time; and what is new in it is
    // looked through sooner than other threads are woken for it, on a host that is busy most of all.
    setFlagsFromString('--no-incremental-marking');
    setFlagsFromString('--no-parallel-scavenge');
  }
}

const texts = stamps.map((stats) => `${stats?.size}-${stats?.mtimeMs}`);
const build = [__DIGEST__, ...texts, process.version, process.arch].join('-');
const kept = join(folder, isHook ? `${build}-hook` : build);
/** Of a run that shaped a guest at its start: another call has not compiled all that this needs, by a fifth of its time. */
const ofStart = join(folder, `${build}-start`);
const startData = isHook ? readKept(ofStart) : undefined;
const cachedData = startData ?? readKept(kept);
// The build leaves nothing but ASCII in it, which is read and kept in half the time and memory of anything else.
const script = new Script(readFileSync(program, 'latin1'), { filename: program, cachedData });
const isLacking = !cachedData || script.cachedDataRejected === true;
const isKeeper = isHook || process.argv.some((word) => keepers.includes(word));
if (isLacking && !startData && isKeeper) {
  process.once('exit', (status) => {
    if (status === 0 || status === Number(process.env[doneVariable])) keep(kept, script.createCachedData());
  });
}
const noteStart = () => {
  if (startData && !isLacking) return;
  process.once('exit', () => keep(ofStart, script.createCachedData()));
};
script.runInThisContext()(createRequire(program), program, __dirname, { build, noteStart });

function readKept(file: string): Buffer | undefined {
  try {
    if (otherWriters(statSync(folder))) return undefined;
    const fd = openSync(file, 'r');
    try {
      return otherWriters(fstatSync(fd)) ? undefined : readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined; // None yet.
  }
}

/** Nothing where a file system is full, or not ours to write. Those of other builds and of other Node.js go. */
function keep(file: string, data: Buffer): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    if (otherWriters(statSync(folder))) return;
    const fresh = `${file}.${process.pid}`;
    const fd = openSync(fresh, 'wx', 0o644);
    try {
      writeFileSync(fd, data);
      fsyncSync(fd); // V8 does not look whether all of it is there.
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, file);
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(build)) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // What is half-written goes the next time.
  }
}

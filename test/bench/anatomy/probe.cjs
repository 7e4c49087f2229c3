// Loaded into the program before it begins (node --require), to see from inside when what happens, without a word
// of it in the program itself. Writes JSON to the file named by VIRT_SHAPER_BENCH_PROBE when the process ends.
// Moments are of the system's monotonic clock, in microseconds, as in V8's profiles.
const childProcess = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const { performance } = require('node:perf_hooks');

const { VIRT_SHAPER_BENCH_PROBE: file, VIRT_SHAPER_BENCH_PROFILE: profiling } = process.env;
// What it starts is not asked.
for (const name of ['NODE_OPTIONS', 'VIRT_SHAPER_BENCH_PROBE', 'VIRT_SHAPER_BENCH_PROFILE'])
  delete process.env[name];

const now = () => Number(process.hrtime.bigint() / 1000n);
const origin = now() - performance.now() * 1000;
/** @type {{ tool: string, began: number, ended: number }[]} */
const children = [];

const begin = (tool) => {
  const child = { tool, began: now(), ended: Number.POSITIVE_INFINITY };
  children.push(child);
  return () => {
    child.ended = now();
  };
};
const { spawn } = childProcess.ChildProcess.prototype;
childProcess.ChildProcess.prototype.spawn = function (options) {
  this.once('exit', begin(options.file));
  return spawn.call(this, options);
};
const { spawnSync } = childProcess;
childProcess.spawnSync = (tool, ...rest) => {
  const end = begin(tool);
  try {
    return spawnSync(tool, ...rest);
  } finally {
    end();
  }
};
syncBuiltinESMExports();

const session = profiling ? startProfile() : undefined;

process.once('exit', () => {
  const exit = now();
  const bootstrapped = origin + performance.nodeTiming.bootstrapComplete * 1000;
  // Not what rusage says: that knows the process it was forked from, too.
  const peak = Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  let profile;
  session?.post('Profiler.stop', (_error, stopped) => {
    profile = stopped?.profile;
  });
  if (file) writeFileSync(file, JSON.stringify({ bootstrapped, exit, peak, children, profile }));
});

function startProfile() {
  const { Session } = require('node:inspector');
  const started = new Session();
  started.connect();
  started.post('Profiler.enable');
  started.post('Profiler.setSamplingInterval', { interval: 100 });
  started.post('Profiler.start');
  return started;
}

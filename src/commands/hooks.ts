// virt-shaper hooks install | remove | status: the files by which libvirt calls us. libvirt is never called; what
// its daemon has to be told is said, since only the administrator knows when that suits.
import { existsSync } from 'node:fs';
import { adviseDriver, type Surroundings } from '../hooks/advice.ts';
import { readLibvirtVersion, readsFolders } from '../hooks/daemon.ts';
import { readTold } from '../hooks/daemon-reload.ts';
import { type HookCommand, hookCommand, hookDrivers, hookText, quote } from '../hooks/hook-file.ts';
import { type DriverHooks, inspectDriver } from '../hooks/inspect.ts';
import { installHook, removeHook } from '../hooks/install.ts';
import { findProgram } from '../hooks/program.ts';
import type { Context } from '../operations/context.ts';
import { describeError } from '../report/errors.ts';
import { hooksStatus, reportHooks } from '../report/hooks.ts';
import { ConfigError, Failure } from '../system/errors.ts';
import { makeRun } from '../system/exec.ts';
import { label } from '../text/label.ts';

export async function hooksCommand(
  context: Context,
  [action = '', ...more]: string[],
  { json }: { json?: boolean },
): Promise<number> {
  const wrong = (message: string) => new ConfigError([{ severity: 'error', message }]);
  if (more.length > 0) throw wrong(`hooks takes one word, not ${label(more.join(' '))} too`);
  if (json && action !== 'status') throw wrong('--json goes with hooks status');
  if (action === 'install') return install(context);
  if (action === 'remove') return remove(context);
  if (action === 'status') return status(context, json === true);
  throw wrong(`hooks takes install, remove or status, not ${label(action)}`);
}

async function install(context: Context): Promise<number> {
  const command = ourCommand(context);
  const { all } = await look(context);
  let failed = false;
  for (const hooks of all) {
    try {
      const done = installHook(hooks, hookText(hooks.driver, command), command);
      context.say(done ?? `${label(hooks.place.path)} is as it was`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      context.warn(describeError(error));
      failed = true;
    }
  }
  await sayWhatIsLeft(context);
  return failed ? 1 : 0;
}

/** What is in force does not come from the hooks, so it stays. */
async function remove(context: Context): Promise<number> {
  const { all } = await look(context);
  const done = all.map((hooks) => removeHook(hooks));
  const removed = done.flatMap((one) => one.removed);
  const left = done.flatMap((one) => one.left);
  for (const path of removed) context.say(`${label(path)} removed`);
  for (const path of left) {
    context.warn(describeError(new Failure(`${label(path)} was edited, so it stays`, `rm ${quote(path)}`)));
  }
  if (removed.length + left.length === 0) context.say('nothing to do: there is no hook of virt-shaper');
  return left.length > 0 ? 1 : 0;
}

/** @returns 3 when something is to be done */
async function status(context: Context, json: boolean): Promise<number> {
  const { all, around } = await look(context);
  const command = attempt(() => ourCommand(context));
  const found = all.map((hooks) =>
    hooksStatus(hooks, command instanceof Failure ? undefined : hookText(hooks.driver, command), around),
  );
  context.print(json ? `${JSON.stringify(found, null, 2)}\n` : reportHooks(found));
  if (command instanceof Failure) context.warn(describeError(command));
  return command instanceof Failure || found.some(({ todo }) => todo.length > 0) ? 3 : 0;
}

async function look({ paths }: Context): Promise<{ all: DriverHooks[]; around: Surroundings }> {
  const run = makeRun();
  const version = await readLibvirtVersion(run);
  const all = hookDrivers.map((driver) => inspectDriver(paths, driver, readsFolders(version)));
  const systemd = existsSync(paths.systemd);
  const running = all.flatMap(({ daemon }) => daemon?.name ?? []);
  const told = systemd ? await readTold(run, running) : new Map<string, number>();
  return { all, around: { systemd, told } };
}

/** From what stands there now. */
async function sayWhatIsLeft(context: Context): Promise<void> {
  const { all, around } = await look(context);
  const installed = all.filter(({ place }) => place.whose === 'ours');
  const todo = new Set(installed.flatMap((hooks) => adviseDriver(hooks, undefined, around)));
  for (const what of todo) context.say(`to do: ${what}`);
}

function ourCommand({ paths }: Context): HookCommand {
  return hookCommand(findProgram(process.argv[1] ?? '', process.execPath), paths);
}

function attempt<T>(work: () => T): T | Failure {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

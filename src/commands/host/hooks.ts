// virt-shaper hooks install | remove | status: the files by which libvirt calls us. libvirt is never called; that
// its daemon has to look for them is left to systemd, and said where there is none.
import { existsSync } from 'node:fs';
import { adviseDriver } from '../../hooks/advice.ts';
import { type HookCommand, makeHookCommand, shellQuote } from '../../hooks/hook-file.ts';
import { hookText } from '../../hooks/hook-script.ts';
import { installHook, removeHook, removeIfEmpty } from '../../hooks/install.ts';
import { type LibvirtHooks, lookAtHooks } from '../../hooks/look.ts';
import { findProgram } from '../../hooks/program.ts';
import { reloadDaemons } from '../../hooks/reload-daemons.ts';
import { hasSelinux } from '../../hooks/selinux.ts';
import { hostOwner } from '../../kernel/owner.ts';
import type { Context } from '../../operations/context.ts';
import { describeError } from '../../report/errors.ts';
import { hooksStatus, reportHooks } from '../../report/hooks.ts';
import { dataVersion } from '../../report/in-use-data.ts';
import { ConfigError, Failure } from '../../system/errors.ts';
import { makeRun, type Run } from '../../system/exec.ts';
import { makeFolder } from '../../system/folders.ts';
import { label } from '../../text/label.ts';

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
  const isNew = !existsSync(context.paths.libvirtHooks);
  await labelFolder(context);
  const { all } = await lookAtHooks(makeRun(), context.paths, command);
  let failed = false;
  for (const hooks of all.filter(({ obstacles }) => obstacles.length === 0)) {
    try {
      const done = installHook(hooks, hookText(hooks.driver, command), command);
      context.say(done ?? `${label(hooks.place.path)} is as it was`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      context.warn(describeError(error));
      failed = true;
    }
  }
  // Looked at once more, as libvirt finds them.
  const installed = await lookAtHooks(makeRun(), context.paths, command);
  const isReloaded = await reload(context, installed);
  const now = isReloaded ? await lookAtHooks(makeRun(), context.paths, command) : installed;
  const blocked = now.all.filter(({ obstacles }) => obstacles.length > 0);
  leaveNothing(context, blocked);
  if (isNew) removeIfEmpty(context.paths.libvirtHooks);
  if (blocked.length === 0) sayWhatIsLeft(context, now);
  return failed || blocked.length > 0 ? 1 : 0;
}

/** @returns whether any daemon was told to look. Below another root nothing is this host's. */
export async function reload(context: Context, hooks: LibvirtHooks, run: Run = makeRun()): Promise<boolean> {
  if (context.paths.owner !== hostOwner) return false;
  const told = await reloadDaemons(run, hooks);
  for (const { name, done } of told) {
    if (done) context.say(`${name} reloaded, so that it looks for them; no guest notices`);
    else
      context.warn(
        `warning: ${name} could not be reloaded, so it calls no hook yet: systemctl reload ${name}`,
      );
  }
  return told.length > 0;
}

/** A folder made by hand inherits the label of its parent, and SELinux lets no hook in it be executed. */
async function labelFolder({ paths }: Context): Promise<void> {
  if (!hasSelinux(paths.sys)) return;
  makeFolder(paths.libvirtHooks);
  await makeRun()('restorecon', [paths.libvirtHooks]).catch(() => undefined);
}

/** A hook that libvirt cannot run keeps every guest from starting, so it is better that there is none. */
function leaveNothing(context: Context, blocked: LibvirtHooks['all']): void {
  const reasons = new Map<string, string>();
  for (const hooks of blocked) {
    for (const path of removeHook(hooks).removed)
      context.say(`${label(path)} removed: libvirt cannot run it`);
    for (const { why, todo } of hooks.obstacles) reasons.set(why, todo.join('\n'));
  }
  if (blocked.length === 0) return;
  const drivers = blocked.map(({ driver }) => driver).join(', ');
  for (const [why, todo] of reasons) {
    context.warn(describeError(new Failure(`not installed, the hooks of ${drivers}: ${why}`, todo)));
  }
  context.warn(
    'a hook that cannot be run would keep every guest from starting; then: virt-shaper hooks install',
  );
}

/** What is in force does not come from the hooks, so it stays. */
async function remove(context: Context): Promise<number> {
  const { all } = await lookAtHooks(makeRun(), context.paths, undefined);
  const done = all.map((hooks) => removeHook(hooks));
  const removed = done.flatMap((one) => one.removed);
  const left = done.flatMap((one) => one.left);
  for (const path of removed) context.say(`${label(path)} removed`);
  for (const path of left) {
    context.warn(
      describeError(new Failure(`${label(path)} was edited, so it stays`, `rm ${shellQuote(path)}`)),
    );
  }
  if (removed.length + left.length === 0) context.say('nothing to do: there is no hook of virt-shaper');
  return left.length > 0 ? 1 : 0;
}

/** @returns 3 when something is to be done */
async function status(context: Context, json: boolean): Promise<number> {
  const command = attempt(() => ourCommand(context));
  const known = command instanceof Failure ? undefined : command;
  const { all, around } = await lookAtHooks(makeRun(), context.paths, known);
  const found = all.map((hooks) => hooksStatus(hooks, known && hookText(hooks.driver, known), around));
  context.print(
    json ? `${JSON.stringify({ version: dataVersion, hooks: found }, null, 2)}\n` : reportHooks(found),
  );
  if (command instanceof Failure) context.warn(describeError(command));
  return command instanceof Failure || found.some(({ todo }) => todo.length > 0) ? 3 : 0;
}

/** From what stands there now. */
function sayWhatIsLeft(context: Context, { all, around }: LibvirtHooks): void {
  const installed = all.filter(({ place }) => place.whose === 'ours');
  const todo = new Set(installed.flatMap((hooks) => adviseDriver(hooks, undefined, around)));
  for (const what of todo) context.say(`to do: ${what}`);
}

function ourCommand({ paths }: Context): HookCommand {
  return makeHookCommand(findProgram(process.argv[1] ?? '', process.execPath), paths);
}

function attempt<T>(work: () => T): T | Failure {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

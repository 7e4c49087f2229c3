// Faults in operations/: whose configuration counts, what is noted, what is said and to whom.
import type { Listed } from './listed.ts';

const whose = { kernel: ['whose-configuration'] };
const waits = { kernel: ['waiting-load', 'said'] };
const told = { kernel: ['said-by-load', 'said'] };
const noted = { kernel: ['noted', 'second-time'] };

export const operations: Listed[] = [
  // generate.ts: whose configuration counts.
  {
    what: 'a configuration that was not confirmed counts for the next guest',
    from: '  if (former) {\n    context.warn(',
    to: '  if (former && false) {\n    context.warn(',
    ...waits,
  },
  {
    what: 'who applies an edited configuration gets the one that was not confirmed left out',
    from: "  if (choice === 'edited') {\n    return generateFrom(context, await readWithTemplates({}, paths.config, paths.templates), known);\n  }\n  if (former)",
    to: '  if (former)',
    ...waits,
  },
  {
    what: 'an edited configuration counts for the timer',
    from: "const inForce = choice === 'present' ? undefined : await readLoaded(context);",
    to: "const inForce = choice !== 'present' ? undefined : await readLoaded(context);",
    ...whose,
  },
  {
    what: 'while a load waits a guest of a newer configuration brings it in force',
    from: 'if (unknown.length === 0 || readPending(pending)) return undefined;',
    to: 'if (unknown.length === 0) return undefined;',
    kernel: ['whose-configuration', 'hook'],
  },
  {
    what: 'any guest that starts brings a newer configuration in force',
    from: 'if (unknown.length === 0 || readPending(pending)) return undefined;',
    to: 'if (readPending(pending)) return undefined;',
    ...whose,
  },
  {
    what: 'a newer configuration counts for a guest that it does not know either',
    from: '    if (newer.length === 0) return undefined;\n',
    to: '',
    ...whose,
  },
  {
    what: 'a mistake in a newer configuration keeps a guest from its limits',
    from: "    if (!(error instanceof ConfigError)) throw error;\n    context.warn(describeError(error));\n    context.warn('warning: the configuration cannot be used; the one in force counts');\n    return undefined;",
    to: '    throw error;',
    ...whose,
  },
  {
    what: 'a configuration in force of another version stops every load',
    from: "    context.warn(describeError(error));\n    context.warn('warning: the configuration in force cannot be used any more; the present one counts');\n    return undefined;",
    to: '    throw error;',
    ...whose,
  },
  {
    what: 'what the configuration is warned of is said to nobody',
    from: '  for (const line of about) context.warn(line);\n',
    to: '',
    kernel: ['said-by-load'],
  },
  {
    what: 'that ids are lost is said to nobody',
    from: '  if (ids.lost) context.warn(`warning: ${ids.lost}`);\n',
    to: '',
    kernel: ['said-by-load', 'damage'],
  },
  {
    what: 'of four warnings two are lost',
    from: 'problems.length > 3 ? problems.slice(0, 2) : problems',
    to: 'problems.length > 3 ? problems.slice(0, 1) : problems',
    ...told,
  },
  {
    what: 'three warnings are summed up as if they were many',
    from: 'problems.length > 3 ? problems.slice(0, 2) : problems',
    to: 'problems.length >= 3 ? problems.slice(0, 2) : problems',
    ...told,
  },
  {
    what: 'what somebody has rendered to read is replaced by the timer',
    from: 'return isAhead && isOther ? paths.syncRules : paths.rules;',
    to: 'return paths.rules;',
    ...whose,
  },
  {
    what: 'a sync by hand does not put its rules where they are looked for',
    from: 'const wanted = inForce ? folderFor(context, outputs) : context.paths.rules;',
    to: 'const wanted = folderFor(context, outputs);',
    ...whose,
  },
  {
    what: 'rules of the same configuration go past rules.d',
    from: 'return isAhead && isOther ? paths',
    to: 'return isAhead ? paths',
    ...whose,
  },
  {
    what: 'a guest that is not shaped is told to another guest’s hook',
    from: '    if (about !== undefined && guest !== about) continue;\n',
    to: '',
    kernel: ['hook-outcomes'],
  },
  {
    what: 'a guest that nobody has listed is warned of at every load',
    from: "if (kind === 'unlisted') context.detail(",
    to: "if (kind === 'unlisted') context.warn(",
    ...told,
  },
  {
    what: 'a NIC that cannot be shaped is said only with --verbose',
    from: '    else context.warn(`warning: ${whose}: ${reason}`);',
    to: '    else context.detail(`warning: ${whose}: ${reason}`);',
    ...told,
  },

  // confirm.ts, take-back.ts
  {
    what: 'a load that nobody took back keeps others from being loaded for ever',
    from: 'if (other && other.deadline > sinceBoot()) {',
    to: 'if (other) {',
    ...waits,
  },
  {
    what: 'a first load that is not confirmed is taken for a second',
    from: 'former: former !== undefined };',
    to: 'former: true };',
    kernel: ['waiting-load', 'apply'],
  },
  {
    what: 'a load that waits is confirmed by nobody, and ends with 0',
    from: 'return (await outcome(context, waiting, said)) ? stays : 1;',
    to: 'await outcome(context, waiting, said);\n  return stays;',
    kernel: ['waiting-load', 'apply'],
  },
  {
    what: 'nothing keeps the time of a load that waits',
    from: '      startGuard(context, id);\n',
    to: '',
    kernel: ['waiting-load', 'transaction'],
  },
  {
    what: 'Ctrl-C does not go back at once',
    from: 'if (broken || sinceBoot() > deadline + patience) await takeBack',
    to: 'if (sinceBoot() > deadline + patience) await takeBack',
    kernel: ['waiting-load', 'apply'],
  },
  {
    what: 'where the guard has died nobody goes back',
    from: 'if (broken || sinceBoot() > deadline + patience) await takeBack',
    to: 'if (broken) await takeBack',
    kernel: ['waiting-load', 'transaction'],
  },
  {
    what: 'a load that waits hears nothing of the one that took it back',
    from: "    writeEnding(context.paths.undone, id, 'rollback');\n",
    to: '',
    ...waits,
  },
  {
    what: 'what is taken back is not said in the log',
    from: '    await report(site.run, context, pending.former);\n',
    to: '',
    ...waits,
  },
  {
    what: 'guests that are not in the former policy are not named in the log',
    from: '.filter((name) => !shaped.includes(`# guest ${name}\\n`))',
    to: '.filter((name) => shaped.includes(`# guest ${name}\\n`))',
    ...waits,
  },
  {
    what: 'a load that was confirmed in time is taken back',
    from: '    if (!pending || ![id, damaged].includes(pending.id)) return;\n',
    to: '    if (!pending) return;\n',
    ...waits,
  },
  {
    what: 'where the former configuration is lost the former rules do not come back',
    from: '  } catch {\n    await load(site, formerRules(pending));\n  }',
    to: '  } catch {\n    await load(site);\n  }',
    ...waits,
  },
  {
    what: 'guests that came while a load waited lose their limits with it',
    from: '    writeRules(context, await generateNow(context));\n    await load(site);\n  } catch',
    to: '    await load(site, formerRules(pending));\n  } catch',
    ...waits,
  },
  {
    what: 'a first load that nobody confirmed comes back by the timer',
    from: "else await unloadNow(context, site, 'not confirmed');",
    to: 'else await unload(site);',
    kernel: ['waiting-load', 'sync'],
  },

  // load-now.ts
  {
    what: 'taps that cannot be reached are not said',
    from: '  sayUnreached(context, unreached);\n  sayObstacles(context, obstacles);\n  await sayBehind',
    to: '  sayObstacles(context, obstacles);\n  await sayBehind',
    ...told,
  },
  {
    what: 'what stands in the way is not said',
    from: '  sayUnreached(context, unreached);\n  sayObstacles(context, obstacles);\n  await sayBehind',
    to: '  sayUnreached(context, unreached);\n  await sayBehind',
    kernel: ['said-by-load', 'obstacles'],
  },
  {
    what: 'with something in the way all is said to be as it should be',
    from: 'else if (obstacles.length === 0 && telling?.nothing)',
    to: 'else if (telling?.nothing)',
    ...told,
  },
  {
    what: 'filters of others that ours takes frames from are not said',
    from: '  await sayBehind(context, site, joined);\n  const folder',
    to: '  const folder',
    kernel: ['said-by-load', 'passing-others'],
  },
  {
    what: 'a load with something in the way counts as one that succeeded',
    from: "if (loaded.changed || error !== '' || isDue) noteLoad(history, error || undefined);",
    to: 'if (loaded.changed || isDue) noteLoad(history, undefined);',
    ...told,
  },
  {
    what: 'tables of others that set our marks are not said',
    from: '  for (const warning of foreignMarks) context.warn(`warning: ${warning}`);\n',
    to: '',
    kernel: ['load-again'],
  },
  {
    what: 'rules loaded from elsewhere are said to be those of rules.d',
    from: "const folder = typeof wanted === 'string' ? wanted : site.rules;",
    to: 'const folder = site.rules;',
    ...told,
    equivalent: 'whoever loads from elsewhere says what changes for each guest instead',
  },

  // note-guests.ts
  {
    what: 'apply --dry-run notes who it finds',
    from: '    const found = foundGuests(context);\n',
    to: '      const found = await findGuests(context);\n',
    kernel: ['apply'],
  },
  {
    what: 'where somebody has removed the noted guests, the next start takes all others out',
    from: '    if (!isThere(guests) && readIfbs().length > 0) return reconcileNow(context, guestsInForce(rules));\n',
    to: '',
    ...noted,
  },
  {
    what: 'after a boot guests of before it are taken for running',
    from: 'if (!isThere(guests) && readIfbs().length > 0)',
    to: 'if (!isThere(guests))',
    ...noted,
  },
  {
    what: 'a damaged run state costs everybody his limits',
    from: "    context.warn('warning: what is in force and what libvirt says counts in its place');\n    return reconcileNow(context, guestsInForce(rules));",
    to: "    context.warn('warning: what is in force and what libvirt says counts in its place');\n    return reconcileNow(context, []);",
    ...noted,
  },
  {
    what: 'a status file that cannot be read is not said',
    from: '  sayUnread(context, running);\n',
    to: '',
    kernel: ['commands'],
  },
  {
    what: 'guests of two NICs have one after the run state was lost',
    from: 'nics: [...guest.nics, { tap, bridge, ...(mac ? { mac } : {}) }] });',
    to: 'nics: [{ tap, bridge, ...(mac ? { mac } : {}) }] });',
    ...noted,
  },

  // failures.ts, write-rules.ts, unload-now.ts
  {
    what: 'a refused start counts as a failed load',
    from: 'if (error instanceof Error && !(error instanceof Refused) && !counted.has(error)) {',
    to: 'if (error instanceof Error && !counted.has(error)) {',
    ...told,
  },
  {
    what: 'one failure is counted twice',
    from: '!(error instanceof Refused) && !counted.has(error)) {',
    to: '!(error instanceof Refused)) {',
    ...told,
  },
  {
    what: 'where even /run is full its own error hides what has failed',
    from: '  try {\n    noteLoad(file, error);\n  } catch {\n    // The failure itself is reported by the caller.\n  }',
    to: '  noteLoad(file, error);',
    kernel: ['full'],
    equivalent: 'both say that /run has no room',
  },
  {
    what: 'ids that were drawn are not kept',
    from: '  writeIds(paths.ids, chosen);\n',
    to: '',
    ...noted,
  },
  {
    what: 'the speed of a link is not remembered',
    from: '  rememberSpeeds(paths.speeds, inputs.host.devices, uplinks);\n',
    to: '',
    ...noted,
  },
  {
    what: 'a link without carrier is taken for 10 gbit though its speed was known',
    from: 'devices: withKnownSpeeds(paths.speeds, devices),',
    to: 'devices,',
    ...noted,
  },
  {
    what: 'rules that are the same have the configuration of before beside them',
    from: 'writeTogether([...files, ...companionsOf(folder, companions).filter(isChanged)]);',
    to: 'if (files.length > 0) writeTogether([...files, ...companionsOf(folder, companions).filter(isChanged)]);',
    ...whose,
  },
  {
    what: 'an unload that fails counts as one',
    from: '  const changed = await unload(site);\n  writeOff(paths.unloaded, why);\n  return changed;',
    to: '  writeOff(paths.unloaded, why);\n  return await unload(site);',
    kernel: ['waiting-load', 'second-time'],
  },

  // hooks/: what lies where calls are laid down.
  {
    what: 'a FIFO among the calls keeps libvirt waiting',
    from: 'stats?.isFile() === true && ',
    to: '',
    quick: ['unit/hooks/calls'],
  },
  {
    what: 'a folder of calls that others can write stays so',
    from: 'if ((stats.mode & 0o022) !== 0) chmodSync(folder, 0o700);',
    to: '',
    quick: ['unit/hooks/calls'],
  },
  {
    what: 'a name of two lines is done in the name of the guest of its first',
    from: "*'\n'*) return 1 ;; esac",
    to: "*'\n'*) ;; esac",
    kernel: ['hook-inbox'],
  },
  {
    what: 'a call is laid down in a folder of somebody else',
    from: '[ -O ${calls} ] && ',
    to: '',
    kernel: ['hook-inbox'],
  },
  {
    what: 'what is left under the number of a shell is in the way of its call',
    from: 'then rm -rf "$file"; fi',
    to: 'then :; fi',
    kernel: ['hook-inbox'],
  },

  // serve-calls.ts, shape-guest.ts
  {
    what: 'a guest that starts while all is unloaded is not told of',
    from: '    if (off) for (const { call, heard } of starting) heard.warn(unshaped(call.name, describeOff(off)));\n',
    to: '',
    kernel: ['hook-outcomes', 'sync'],
  },
  {
    what: 'a guest whose XML is none has its next call left out',
    from: '      outcomes.set(work, await fail(context, work, error));\n    }\n  }\n  const all',
    to: '      outcomes.set(work, { isDone: true });\n    }\n  }\n  const all',
    kernel: ['hook-outcomes', 'hook'],
  },
  {
    what: 'calls are noted in the wrong order',
    from: 'changes.reduce((noted, change) => change(noted), guests)',
    to: 'changes.reduceRight((noted, change) => change(noted), guests)',
    kernel: ['hook-outcomes', 'hook-together'],
  },
  {
    what: 'a guest whose start failed is done',
    from: 'UNSHAPED; virt-shaper sync --in-force tries again`);\n  return { isDone: false };',
    to: 'UNSHAPED; virt-shaper sync --in-force tries again`);\n  return { isDone: true };',
    kernel: ['hook-outcomes', 'hook-starts'],
  },
  {
    what: 'a stop that fails says that a guest starts unshaped',
    from: '  if (isStart(work))\n    heard.warn(`guest ${label(call.name)} starts UNSHAPED;',
    to: '  heard.warn(`guest ${label(call.name)} starts UNSHAPED;',
    kernel: ['hook-outcomes'],
  },
  {
    what: 'who waited in vain for the lock waits for it again',
    from: 'await forget(context, work, !(error instanceof Occupied)).catch(() => {});',
    to: 'await forget(context, work, true).catch(() => {});',
    kernel: ['hook-outcomes', 'hook'],
  },
  {
    what: 'one that is refused costs the others their load',
    from: '            works.filter(({ call }) => call.name !== error.guest),\n',
    to: '            [],\n',
    kernel: ['hook-outcomes', 'hook-together'],
  },
  {
    what: 'a guest whose NIC could not be shaped is done, and started does not try again',
    from: 'for (const { guest, kind } of generated.policy.unshaped) if (!wished.includes(kind)) lacking.add(guest);',
    to: '',
    kernel: ['hook-outcomes', 'hook-starts'],
  },
  {
    what: 'a guest that is not to be shaped begins Node.js at each of its calls',
    from: 'if (!wished.includes(kind)) lacking.add(guest);',
    to: 'lacking.add(guest);',
    kernel: ['hook-outcomes', 'hook-starts'],
  },
  {
    what: 'a guest behind an obstacle starts though it may not',
    from: 'const failure = starts && own ? new Failure(',
    to: 'const failure = starts && own && false ? new Failure(',
    kernel: ['obstacles'],
  },
  {
    what: 'a NIC that cannot be shaped starts though on_failure refuses',
    from: "if (unable && onFailure(context) === 'refuse') {",
    to: "if (unable && onFailure(context) !== 'refuse') {",
    kernel: ['hook'],
  },

  // settle.ts: one sync for all that wait for one.
  {
    what: 'a sync that is not the one to settle is a failure',
    from: '    if (error instanceof Occupied) return false;\n    throw error;\n  }\n}\n\n/** In the lock',
    to: '    throw error;\n  }\n}\n\n/** In the lock',
    kernel: ['sync'],
  },
  {
    what: 'a sync begins while more is wanted',
    from: 'while (isWanted() && performance.now() < latest);',
    to: 'while (isWanted() && performance.now() > latest);',
  },
  {
    what: 'a sync waits without end where things never rest',
    from: 'while (isWanted() && performance.now() < latest);',
    to: 'while (isWanted());',
  },
  {
    what: 'a sync that looks counts as one that waits',
    from: "    note(hold, '');\n",
    to: '',
  },
];

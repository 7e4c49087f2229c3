// Faults that were once made on purpose and that no test noticed, or that are of the same kinds.
import type { Listed } from './listed.ts';

const second = { kernel: ['second-time'] };
const life = { kernel: ['second-time', 'life'] };

export const first: Listed[] = [
  // State that outlives a run.
  {
    what: 'a drop-in that was loaded away comes back',
    from: '  removeFolder(folder);\n  writeTogether(files);',
    to: '  writeTogether(files);',
    ...second,
  },
  {
    what: 'a snapshot laid out half counts',
    from: "readCache(join(folder, 'whole')) === text && !files.some(isChanged)",
    to: '!files.some(isChanged)',
    quick: ['unit/store'],
  },
  {
    what: 'a load that found nothing to do leaves the failure before it',
    from: 'const isDue = hasFailed(history) || isHistoryHalfWritten(history);',
    to: 'const isDue = isHistoryHalfWritten(history);',
    ...second,
  },
  {
    what: 'a load that failed is not noted',
    from: '      tryNote(paths.history, describeError(error));\n',
    to: '',
    ...second,
  },
  {
    what: 'failures are counted as loads',
    from: 'loads: loads + (error === undefined ? 1 : 0)',
    to: 'loads: loads + 1',
    ...second,
  },
  {
    what: 'the history forgets the failures',
    from: 'failures: failures + (error === undefined ? 0 : 1)',
    to: 'failures: error === undefined ? 0 : 1',
    quick: ['unit/store'],
  },
  { what: 'an unload is not remembered', from: '  writeOff(paths.unloaded, why);\n', to: '', ...life },
  {
    what: 'after an unload and a load the timer does nothing',
    from: '    removeFile(context.paths.unloaded);\n',
    to: '',
    ...second,
  },
  { what: 'what is in force is kept after an unload', from: '  dropGood(site.rules);\n', to: '', ...second },
  {
    what: 'a folder of rules is left with each load',
    from: '  removeFormer(folder, name);\n',
    to: '',
    ...second,
  },
  {
    what: 'good/ has companions of another time',
    from: ' && readCompanions(good).size === companions.size',
    to: '',
    quick: ['unit/store'],
  },
  {
    what: 'what a killed load has left is taken up',
    from: '  removeFolder(next); // A load that was killed may have left it.\n',
    to: '',
    quick: ['unit/store'],
  },
  {
    what: 'after an undone load verify finds what is not there',
    from: '    if (record !== undefined) writeWhole(site.listing, record, 0o600);\n',
    to: '',
    ...second,
  },
  {
    what: 'the journal of a load stays',
    from: '    clearJournal(site.journal);\n    return vanished;',
    to: '    return vanished;',
    ...second,
  },
  {
    what: 'a small change makes the listing one of now',
    from: ', end, table, end, smallChanges]',
    to: ', end, table]',
    quick: ['unit/store'],
    kernel: ['small-change'],
  },
  {
    what: 'the listing is believed though the table was changed',
    from: "return ruleset !== '' && record.table === table ? ruleset : undefined;",
    to: "return ruleset !== '' ? ruleset : undefined;",
    ...second,
  },
  { what: 'what was seen by other rules counts', from: '    areSame(rules, wanted) &&\n', to: '', ...life },
  {
    what: 'what a killed load left is believed',
    from: 'rules && !isJournalled(site.journal) ? readQuestions',
    to: 'rules ? readQuestions',
    quick: ['unit/store'],
    kernel: ['seen'],
  },

  // The second load, and the one after a failure.
  {
    what: 'the last of a group goes, and its class cannot',
    from: 'depth(from, b) - depth(from, a)',
    to: 'depth(from, a) - depth(from, b)',
    ...second,
  },
  {
    what: 'a tree is not taken out by its root',
    from: "if (kind === 'class') return roots.has(device);",
    to: "if (kind === 'class') return false;",
    ...second,
  },
  {
    what: 'the alias of an ifb is not compared',
    from: 'held.up && held.alias === ifb.alias',
    to: 'held.up',
    ...second,
  },
  {
    what: 'an ifb that is down is not mended',
    from: 'held.up && held.alias === ifb.alias',
    to: 'held.alias === ifb.alias',
    ...second,
  },
  {
    what: 'a class whose priority somebody set is as wanted',
    from: 'if (option in held.values && !(option in wanted.values)) differing.push(option);',
    to: '',
    ...second,
  },
  {
    what: 'what was staged is taken back in the wrong order',
    from: '      .slice(0, this.done)\n      .reverse()\n',
    to: '      .slice(0, this.done)\n',
    kernel: ['second-time', 'small-faults'],
  },
  {
    what: 'a warning of tc is no failure',
    from: 'status !== 0 || /^Command failed /m.test(stderr) || warnings.test(stderr)',
    to: 'status !== 0 || /^Command failed /m.test(stderr)',
    quick: ['unit/load/batch'],
  },
  {
    what: 'a warning of tc is no failure, where the kernel is believed',
    from: 'if (failed) throw new Failure(',
    to: 'if (failed?.index !== undefined) throw new Failure(',
    kernel: ['second-time', 'small-change'],
  },
  {
    what: 'a refused guest keeps his place in rules.d',
    from: '  if (changed && reload) await shape(context, [{ ...call, starts: false, heard }]);\n',
    to: '',
    ...second,
  },
  {
    what: 'a refused guest is noted',
    from: '    await forget(context, work, !(error instanceof Occupied)).catch(() => {});\n',
    to: '',
    ...second,
  },
  {
    what: 'started does not try again what a start could not',
    from: 'if (changed || !isShaped || hasFailed(paths.history))',
    to: 'if (changed || !isShaped)',
    ...second,
  },
  {
    what: 'each started loads',
    from: 'if (changed || !isShaped || hasFailed(paths.history))',
    to: 'if (true)',
    ...second,
  },
  {
    what: 'a stop after an unload brings back what was unloaded',
    from: 'if (!off && (changed || starting.length > 0))',
    to: 'if (changed || starting.length > 0)',
    kernel: ['second-time', 'life', 'sync'],
  },

  // Signals.
  {
    what: 'a signal ends a load in its middle',
    from: 'for (const name of signals) process.on(name, later);',
    to: '',
    kernel: ['signals'],
  },
  {
    what: 'a signal is swallowed',
    from: '    if (signal) process.kill(process.pid, signal);\n',
    to: '',
    kernel: ['signals'],
  },
  {
    what: 'Ctrl-C is not held off',
    from: "const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;\n  let",
    to: "const signals = ['SIGTERM', 'SIGHUP'] as const;\n  let",
    kernel: ['signals'],
  },
  {
    what: 'systemctl stop is not held off',
    from: "const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;\n  let",
    to: "const signals = ['SIGINT', 'SIGHUP'] as const;\n  let",
    kernel: ['signals'],
  },
  {
    what: 'Ctrl-C reaches tc',
    from: '      detached: true,\n      stdio: [',
    to: '      stdio: [',
    quick: ['unit/system/exec'],
  },

  // Things of others beside ours.
  {
    what: 'ingress filters of others are taken out',
    from: "['egress', 'ingress'].map((way) => ({ tap, way }))",
    to: "['egress'].map((way) => ({ tap, way }))",
    ...second,
  },
  { what: 'filters of others beside ours are taken out', from: 'filters.others || ', to: '', ...second },
  {
    what: 'a clsact that a killed load left stays',
    from: ' && !kernel.unfinished.has(tap)',
    to: '',
    ...second,
  },
  {
    what: 'a clsact of ours that is used by now counts as theirs',
    from: ' && !used.has(tap)',
    to: '',
    ...second,
  },
  {
    what: 'a new tap of a name that was theirs is theirs',
    from: ".split('\\n').filter((tap) => clsact.has(tap))",
    to: ".split('\\n')",
    ...second,
  },
  {
    what: 'their clsact is forgotten at the second load',
    from: 'const taps = [...new Set([...known, ...found])].sort();',
    to: 'const taps = [...new Set([...found])].sort();',
    ...second,
  },
  {
    what: 'an unload takes their empty clsact',
    from: '  for (const tap of taps) kernel.sharedTaps.add(tap);\n',
    to: '',
    ...second,
  },

  // What is said to people, and counted.
  {
    what: 'drops of guests in groups are counted twice',
    from: '    if (inner.has(leaf.id)) continue;\n',
    to: '',
    quick: ['unit/observe/read-use'],
  },
  {
    what: 'the guarantee that was written is not said',
    from: "asked.from === 'on' || asked.from === 'entry'",
    to: "asked.from === 'entry'",
    quick: ['unit/policy'],
  },
  {
    what: 'a guest of no NIC that is shaped is none',
    from: 'nics.length > 0 || skipped !== undefined',
    to: 'nics.length > 0',
    kernel: ['second-time'],
  },
  {
    what: 'who comes and who goes is said the other way round',
    from: 'after.filter((guest) => !former.has(guest))',
    to: 'after.filter((guest) => former.has(guest))',
    kernel: ['second-time', 'sync'],
  },

  // Bounds of "just fits".
  {
    what: 'guests that just fit are scaled',
    from: 'if (all <= limit) return [];',
    to: 'if (all < limit) return [];',
    quick: ['unit/policy'],
  },
  {
    what: 'a guest that just fits is refused',
    from: '      if (sum > limit) {',
    to: '      if (sum >= limit) {',
    quick: ['unit/policy'],
  },
  {
    what: 'the unmarked keep what they cannot use',
    from: 'uplink.unmarked.rate[direction].effective',
    to: 'uplink.unmarked.rate[direction].configured',
    quick: ['unit/policy'],
  },
  {
    what: 'burst of a group on one uplink counts for nothing',
    from: 'tuning: tuningOf(here)',
    to: 'tuning: tuningOf(entry)',
    quick: ['unit/policy'],
  },
  {
    what: 'fq_codel drops without end',
    from: 'target < interval',
    to: 'target <= interval',
    quick: ['unit/config/leaf-bounds'],
  },
  {
    what: 'sfq takes more than it holds',
    from: 'limit <= depth * Math.min(limit, sfqFlows)',
    to: 'limit < depth * Math.min(limit, sfqFlows)',
    quick: ['unit/config/leaf-bounds'],
  },
  {
    what: 'a mark has 33 bits',
    from: '  if (mark <= 0xffffffff) return mark;\n',
    to: '  return mark;\n',
    quick: ['unit/plan/names'],
  },
  {
    what: 'an id depends on who came first',
    from: 'filter((name) => !fixedIds.has(name)).sort()',
    to: 'filter((name) => !fixedIds.has(name))',
    quick: ['unit/plan/ids'],
  },
  {
    what: 'the last of a range is never drawn',
    from: 'const size = last - first + 1;',
    to: 'const size = last - first;',
    quick: ['unit/plan/ids'],
  },
  {
    what: 'a stand-in has the minor of a class that comes',
    from: 'takenMinors(from, to)',
    to: 'takenMinors(from)',
    quick: ['fuzz/phases'],
  },
  {
    what: 'a lowered guarantee waits for the raised',
    from: 'return ceil < 0 || (ceil === 0 && Number(wanted?.values.rate) < Number(held?.values.rate));',
    to: 'return ceil < 0;',
    quick: ['unit/diff/phases'],
  },
  {
    what: 'guarantees grow while a class still moves',
    from: "(action === 'remove' || action === 'move')",
    to: "action === 'remove'",
    quick: ['fuzz/phases'],
    equivalent: 'only templates of another form hide the ids from a detour',
  },
  {
    what: 'check-rules never sees what own templates make',
    from: 'const isBelieved = good && areOwn(generated.inputs.templates);',
    to: 'const isBelieved = good;',
    ...second,
  },

  // Found at random.
  {
    what: 'routed frames have their class where they have not',
    from: "...(exit.length === 0 ? { role: 'exit', byMark: true } : {})",
    to: "...(exit.length !== 0 ? { role: 'exit', byMark: true } : {})",
    quick: ['unit/observe/way/routed'],
  },
  {
    what: 'no start is a small change',
    from: 'if (was !== undefined) return undefined;',
    to: 'if (was === undefined) return undefined;',
    quick: ['unit/diff/table'],
  },
  {
    what: 'a comment makes a change a large one',
    from: "const object = readLine(line);\n    if (object === 'nothing') continue;",
    to: 'const object = readLine(line);',
    quick: ['unit/diff'],
  },
  {
    what: 'of several groups none may be chosen',
    from: 'allowed.some(({ value }) => value === name)',
    to: 'allowed.every(({ value }) => value === name)',
    quick: ['unit/policy/origin'],
  },
  {
    what: 'what was in force in /run outlives an unload',
    from: '  removeSpare(currentGood(folder));\n',
    to: '',
    quick: ['unit/store'],
  },
  {
    what: 'the routed bridges that are there are said to be missing',
    from: "value !== 'libvirt' && !devices.has(value)",
    to: "value !== 'libvirt' && devices.has(value)",
    quick: ['unit/policy/uplinks'],
  },
  {
    what: 'a routed bridge that has another name now is not said to be missed',
    from: "uplink: missing?.name ?? idle ?? 'NAME'",
    to: "uplink: 'NAME'",
    quick: ['unit/policy/uplinks'],
  },
  {
    what: 'IPv4 and IPv6 that leave by the same wrong device are told apart',
    from: "const key = `${one.isPart} ${one.devices.join(' ')}`;",
    to: 'const key = `${one.family}`;',
    quick: ['unit/observe/guests'],
  },
  {
    what: 'the source of a question about routes is an address that somebody else has',
    from: 'if (other !== number && !taken.has(one)) return one;',
    to: 'if (other !== number) return one;',
    quick: ['unit/host/families'],
  },
  {
    what: 'the only reload of a daemon is none',
    from: 'if (times.length > 0)',
    to: 'if (times.length > 1)',
    quick: ['unit/hooks/daemon-reload'],
  },
  {
    what: 'what an obstacle leaves in force is taken out',
    from: "kept.has(held.device) && held.kind !== 'clsact'",
    to: "kept.has(held.device) && held.kind === 'clsact'",
    kernel: ['obstacles'],
  },
  {
    what: 'a hook that cannot run is one that runs',
    from: 'stats.isFile() && (stats.mode & 0o111) !== 0',
    to: 'stats.isFile() && (stats.mode & 0o111) === 0',
    kernel: ['hooks'],
  },
  {
    what: 'a hook that runs is said not to',
    from: "case 'ours':\n      if (!place.executable)",
    to: "case 'ours':\n      if (place.executable)",
    kernel: ['hooks'],
  },
  {
    what: 'guests that no rules know are not shown',
    from: 'const strays = findUnknown(inForce, guests).flatMap(',
    to: 'const strays = findUnknown(inForce, []).flatMap(',
    kernel: ['status'],
  },
  {
    what: 'the reason of the last load is said for ever',
    from: '    missed.push({ guest, tap, ...describeMissed(tap, uplink) });\n    return [];',
    to: '    return [entry];',
    kernel: ['not-yet'],
  },
];

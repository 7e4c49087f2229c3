// The screen of `explain`: first the state and its faults with the remedies, for readers in a hurry, then the details. Rows that are
// the same in both directions are merged.

import { repair } from '../../observe/fault.ts';
import { markText } from '../../plan/names.ts';
import { wished } from '../../policy/policy.ts';
import { printable } from '../../system/printable.ts';
import { label } from '../../text/label.ts';
import type { Line, Span } from '../../text/spans.ts';
import { formatRate } from '../../units/rate.ts';
import { directions } from '../../units/units.ts';
import { aboutRules } from '../summary.ts';
import { creditText, quotaUseText } from '../volumes.ts';
import type { Explanation } from './explanation.ts';
import { kernelLines } from './kernel-lines.ts';
import { type Place, places, sumText } from './origin.ts';
import { valueLines } from './rows.ts';
import { dim, heading, plain, row, strong, warning } from './spans.ts';
import type { ExplainedUplink } from './values.ts';

/**
 * @param folder of the configuration: files below it are named without it
 * @param mistaken whether the configuration has errors, so that the one in force is explained and no other can be applied
 */
export function explainText(explanation: Explanation, folder: string, mistaken = false): Line[] {
  const place = places(folder);
  const { uplinks, rules } = explanation;
  const lines: Line[] = [
    ...verdict(explanation, mistaken),
    [],
    ...identity(explanation, place),
    ...uplinks.flatMap((uplink) => [[], ...valueLines(uplink, explanation, place)]),
  ];
  if (rules.lines.length > 0) {
    lines.push([], heading(`In ${rules.folder}`));
    const names = rules.lines.map(({ file, line }) => `${file}:${line}`);
    const width = Math.max(...names.map((name) => name.length));
    lines.push(
      ...rules.lines.map(({ text }, at) => row([dim((names[at] ?? '').padEnd(width)), plain(`  ${text}`)])),
    );
  }
  lines.push(...kernelLines(explanation));
  return lines.map((line) => line.map((span) => ({ ...span, text: printable(span.text) })));
}

function verdict(explanation: Explanation, mistaken: boolean): Line[] {
  const { guest, state, reasons, uplinks, rules, kernel, nics, shaping, warnings, meant } = explanation;
  const isOff = shaping.some(({ faults }) => faults.some(({ kind }) => kind === 'unloaded'));
  const astray = waysAstray(rules, kernel, mistaken, isOff);
  // NICs that cannot be shaped have a line of their own.
  const isBare = state === 'unshaped' || state === 'left out';
  const wrong = [
    ...(meant === undefined ? [] : [`no entry has its own name; did you mean ${label(meant)}?`]),
    ...reasons.map(({ reason }) => reason),
    ...nics.flatMap((nic) =>
      nic.reasons
        .filter(({ kind }) => isBare || !wished.includes(kind))
        .map(({ reason }) => `${label(nic.nic)}: ${reason}`),
    ),
    ...(isBare && reasons.length + nics.length === 0 ? ['it has no NIC'] : []),
    ...passing(explanation),
    ...astray,
    ...(rules.loaded ? aboutRules[rules.loaded] : []),
    ...(state === 'stopped' ? [] : uplinks.flatMap(scaledGuarantees)),
    ...warnings,
  ];
  return [
    [strong(label(guest)), plain(` ${headline(explanation, astray.length === 0)}.`)],
    ...wrong.map((reason): Line => [warning('  ! '), plain(reason)]),
  ];
}

/** The faults in the kernel's state, with their remedies; those of the policy are listed already. */
function passing({ shaping, reasons, nics }: Explanation): string[] {
  const said = new Set([...reasons, ...nics.flatMap((nic) => nic.reasons)].map(({ reason }) => reason));
  const faults = shaping.flatMap((row) => row.faults).filter(({ reason }) => !said.has(reason));
  return [
    ...new Set(
      faults.map(({ reason, remedy }) =>
        remedy === undefined ? reason : `${reason.replace(/:$/, '')}: ${remedy}`,
      ),
    ),
  ];
}

/** @param inForce whether the kernel is known to hold the configured values */
function headline({ state, uplinks, kernel }: Explanation, inForce: boolean): string {
  if (state === 'stopped') return `does not run${inForce ? ', and the kernel holds nothing for it' : ''}`;
  if (state === 'unshaped') return 'is NOT shaped';
  if (state === 'left out') return 'is left out: it is not shaped, as configured';
  const where = `shaped on ${uplinks.map(({ name }) => name).join(' and ')}`;
  if (inForce) {
    const part = state === 'partly' ? ', but not in both directions by all of its NICs' : '';
    return `is ${where}${part}, and the kernel holds what is configured`;
  }
  return `should be ${where}${typeof kernel === 'string' ? '' : ', but something else is IN FORCE'}`;
}

/** Guarantees that were scaled, which might be mistaken for a fault, since they differ from the configured ones. */
function scaledGuarantees(uplink: ExplainedUplink): string[] {
  const sentences = directions.flatMap((direction) => {
    const { cuts, found, value } = uplink[direction].rate;
    const cut = cuts.findLast(({ by }) => by === 'sum' || by === 'refused');
    if (!cut) return [];
    const why = cut.sum ? sumText(cut.name, cut.sum) : 'those of the guests before it come first';
    return [`its guarantee on ${uplink.name} is ${formatRate(value)} of ${formatRate(found)}: ${why}`];
  });
  return [...new Set(sentences)];
}

/**
 * Faults on the way from the configuration to the kernel, with their remedies.
 * @param off whether everything was unloaded on purpose, which is reported with the one command that loads it again
 */
function waysAstray(
  { rendered, folder, loaded }: Explanation['rules'],
  kernel: Explanation['kernel'],
  mistaken: boolean,
  off: boolean,
): string[] {
  const apply = mistaken
    ? 'mend the configuration first (virt-shaper check), then virt-shaper apply'
    : 'virt-shaper apply';
  const asked = `the configuration${mistaken ? ' in force' : ''} and the guests now`;
  const stale = off
    ? []
    : {
        same: [],
        others: [],
        differ: [`${folder} says something else than ${asked}: ${apply}`],
        missing: [`nothing is in ${folder} yet: ${apply}`],
      }[rendered];
  if (typeof kernel === 'string') return [...stale, `what the kernel holds cannot be told: ${kernel}`];
  const { differences, missingElements, surplusElements, obstacles } = kernel;
  const count = differences.length + missingElements.length + surplusElements.length;
  const what = `${count} ${count === 1 ? 'thing' : 'things'}`;
  return [
    ...stale,
    ...obstacles,
    // Without rules in rules.d `load` would fail.
    ...(count > 0 && !off && rendered !== 'missing'
      ? [`the kernel differs from ${folder} in ${what}, see the end: ${loaded ? repair : 'virt-shaper load'}`]
      : []),
  ];
}

function identity(explanation: Explanation, place: Place): Line[] {
  const { match, id, marks = [], nics, metadata, state } = explanation;
  const lines: Line[] = [];
  if (match.entry) {
    const { header, at, pattern } = match.entry;
    const kind = pattern ? 'a pattern that fits its name' : 'its own name';
    lines.push(row([name('entry'), plain(header), dim(`  ${place(at)}, ${kind}`)]));
  } else {
    lines.push(row([name('entry'), plain('none in the configuration')]));
  }
  for (const { header, at, why } of match.lost) {
    lines.push(row([name(''), dim(`not ${header}  ${place(at)}: ${why}`)]));
  }
  if (metadata) {
    const counts = metadata.accepted
      ? 'counts where its entry is silent'
      : 'not accepted: [defaults] metadata = false';
    lines.push(row([name('metadata'), plain("in the guest's XML"), dim(`  ${counts}`)]));
  }
  if (id) {
    const from = id.from === 'drawn' ? 'drawn from its name' : id.at ? place(id.at) : '';
    const shown = marks.map(markText);
    const text = `0x${id.value.toString(16)}, mark ${shown.join(' or ')}`;
    lines.push(row([name('id'), plain(text), dim(`  ${from}`)]));
  }
  for (const [index, { nic, bridge, mac, uplinks, reasons }] of nics.entries()) {
    const where = bridge ? ` in ${label(bridge)}` : '';
    const why = reasons.map(({ reason }) => reason).join('; ');
    const way =
      uplinks.length > 0 ? `, behind ${uplinks.join(' and ')}` : `, not shaped${why ? `: ${why}` : ''}`;
    const shown = [name(index === 0 ? 'NICs' : ''), plain(`${label(nic)}${where}${way}`)];
    lines.push(row([...shown, dim(mac ? `  ${label(mac)}` : '')]));
  }
  for (const one of explanation.allowances.quotas) {
    const whose = one.kind === 'group' ? `, of group ${label(one.name)} together` : '';
    lines.push(row([name('volume'), plain(`${quotaUseText(one)}${whose}`)]));
  }
  for (const one of explanation.allowances.credits) {
    lines.push(row([name('credit'), plain(`${creditText(one)} ${one.way}`)]));
  }
  if (state === 'stopped' && match.entry) {
    lines.push(row([name('NICs'), plain('none known; by each uplink it would get, alone:')]));
  }
  return lines;
}

/** The text of the first column. */
function name(text: string): Span {
  return plain(text.padEnd(10));
}

// Parses the files of rules.d into the state that they describe. `load` uses these and not the plan that they were rendered
// from, so that exactly what an administrator has read or edited is loaded.

import { parseIfbLine } from '../kernel/ifb.ts';
import type { IfbDevice, State, TcObject } from '../kernel/objects.ts';
import { parseSettings } from '../kernel/settings.ts';
import { parseTcLine } from '../kernel/tc/line.ts';
import type { Rules } from '../render/render.ts';
import { ConfigError, type Problem, type Source } from '../system/errors.ts';
import { memoize } from '../system/memoize.ts';
import { checkRules } from './check-rules.ts';

/**
 * @param folder of the files, for messages
 * @throws ConfigError with every line that cannot be loaded
 */
export function parseRules(rules: Rules, folder: string): State {
  const { state, problems } = readLines(rules, folder);
  if (problems.length === 0) problems.push(...checkRules(rules, state, folder));
  if (problems.length > 0) throw new ConfigError(problems);
  return state;
}

/**
 * Parses rules that were loaded before, and so checked. Objects get no place, since no message will name their lines.
 * @returns undefined for rules of a version that wrote other lines
 */
export function parseLoaded(rules: Rules): State | undefined {
  const { state, problems } = readLines(rules);
  return problems.length > 0 ? undefined : state;
}

/** @param folder of the files; absent where objects need no place */
function readLines(rules: Rules, folder?: string): { state: State; problems: Problem[] } {
  const problems: Problem[] = [];
  const objects = new Map<string, TcObject>();
  for (const [index, text] of rules['shape.tc'].split('\n').entries()) {
    const object = readLine(text);
    if (object === 'nothing') continue;
    const at = () => place(`${folder}/shape.tc`, index + 1, text);
    if (typeof object === 'string') problems.push(problem(at(), object));
    else if (objects.has(object.key))
      problems.push(problem(at(), `this is in line ${objects.get(object.key)?.place?.at.line} already`));
    else objects.set(object.key, folder === undefined ? object : { ...object, place: at() });
  }
  const devices = new Map<string, IfbDevice>();
  for (const [index, text] of rules['devices.ip'].split('\n').entries()) {
    const { code } = withoutComment(text);
    if (code === '' || parseIfbLine(code, devices)) continue;
    const where = place(`${folder}/devices.ip`, index + 1, text);
    problems.push(problem(where, 'virt-shaper does not know how to load this line'));
  }
  const settings = parseSettings(rules['settings.sysctl']);
  if (typeof settings === 'number') {
    const text = rules['settings.sysctl'].split('\n')[settings] ?? '';
    const where = place(`${folder}/settings.sysctl`, settings + 1, text);
    problems.push(problem(where, 'virt-shaper does not know this setting'));
    return { state: { devices, objects, settings: new Map(), ruleset: rules['ruleset.nft'] }, problems };
  }
  return { state: { devices, objects, settings, ruleset: rules['ruleset.nft'] }, problems };
}

/** @returns the object of a line of shape.tc, `nothing` for a line without a command, or what is wrong with the line */
export const readLine = memoize((text: string): TcObject | string => {
  const { code, subject } = withoutComment(text);
  if (code === '') return 'nothing';
  const object = parseTcLine(code);
  return typeof object === 'string' || subject === '' ? object : { ...object, subject };
});

function problem(where: { at: Source; text: string }, message: string): Problem {
  return {
    severity: 'error',
    ...where,
    message,
    hint: 'virt-shaper render writes it anew; if it comes from a template of your own, mend that',
  };
}

function place(file: string, line: number, text: string): { at: Source; text: string } {
  return { at: { file, line, column: text.length - text.trimStart().length + 1 }, text };
}

/**
 * The end of a comment in shape.tc where a guarantee was scaled. Cut off, since a change of the figure is no change of
 * owner.
 */
const scaled = /, configured [\w.]+$/;

/** Splits a line of a batch file into its command and its comment, which names the owner: tc and ip cut at the first `#`. */
function withoutComment(text: string): { code: string; subject: string } {
  const hash = text.indexOf('#');
  return hash < 0
    ? { code: text.trim(), subject: '' }
    : {
        code: text.slice(0, hash).trim(),
        subject: text
          .slice(hash + 1)
          .trim()
          .replace(scaled, ''),
      };
}

// The files of rules.d -> the state they ask for. `load` applies what they say, so it reads them back rather
// than take the plan they came from: what an administrator looked at is what is loaded.
import { ConfigError, type Problem, type Source } from '../errors.ts';
import { signature } from '../plan/names.ts';
import type { Rules } from '../render/render.ts';
import { checkRules } from './check-rules.ts';
import type { IfbDevice, State, TcObject } from './objects.ts';
import { parseTcLine } from './tc-line.ts';

const addedIfb = new RegExp(`^link add name (\\S+) up group ${signature} txqueuelen \\d+ type ifb$`);

/**
 * @param folder where the files are, for messages
 * @throws ConfigError with every line that cannot be loaded
 */
export function parseRules(rules: Rules, folder: string): State {
  const problems: Problem[] = [];
  const objects = new Map<string, TcObject>();
  for (const { line, text, code, subject } of batchLines(rules['shape.tc'])) {
    const report = (message: string) => problems.push(problem(`${folder}/shape.tc`, line, text, message));
    const object = parseTcLine(code);
    if (typeof object === 'string') report(object);
    else if (objects.has(object.key))
      report(`this is in line ${objects.get(object.key)?.place?.at.line} already`);
    else
      objects.set(object.key, {
        ...object,
        place: place(`${folder}/shape.tc`, line, text),
        ...(subject ? { subject } : {}),
      });
  }
  const devices = new Map<string, IfbDevice>();
  for (const { line, text, code } of batchLines(rules['devices.ip'])) {
    const added = code.match(addedIfb);
    const set = code.match(/^link set dev (\S+) alias (\S+)$/);
    const device = devices.get(set?.[1] ?? '');
    if (added?.[1]) devices.set(added[1], { name: added[1], alias: '', up: true, lines: [code] });
    else if (device && set?.[2])
      devices.set(device.name, { ...device, alias: set[2], lines: [...device.lines, code] });
    else
      problems.push(
        problem(`${folder}/devices.ip`, line, text, 'virt-shaper does not know how to load this line'),
      );
  }
  const state = { devices, objects, ruleset: rules['ruleset.nft'] };
  if (problems.length === 0) problems.push(...checkRules(rules, state, folder));
  if (problems.length > 0) throw new ConfigError(problems);
  return state;
}

function problem(file: string, line: number, text: string, message: string): Problem {
  return {
    severity: 'error',
    ...place(file, line, text),
    message,
    hint: 'virt-shaper render writes it anew; if it comes from a template of your own, mend that',
  };
}

function place(file: string, line: number, text: string): { at: Source; text: string } {
  return { at: { file, line, column: text.length - text.trimStart().length + 1 }, text };
}

/** The lines of a batch file that do something, each with its comment: tc and ip both cut at the first `#`. */
function batchLines(text: string) {
  return text.split('\n').flatMap((line, index) => {
    const [before = '', ...comment] = line.split('#');
    const code = before.trim();
    return code === '' ? [] : [{ line: index + 1, text: line, code, subject: comment.join('#').trim() }];
  });
}

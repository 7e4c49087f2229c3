// A cache of what nft and tc answered when a load found nothing to do. The same answers to the same questions, by the same
// rules, mean that there is nothing to do again, and need not be parsed: with a thousand guests parsing takes longer than
// asking. In /run, written when it has changed.

import { deviceNames } from '../host/read-host.ts';
import { readIfbs } from '../kernel/ifb.ts';
import { withoutLearned } from '../kernel/nft/table.ts';
import { readSettings } from '../kernel/settings.ts';
import type { Rules } from '../render/render.ts';
import { ruleFiles } from '../store/in-force-rules.ts';
import type { Outcome, Run } from '../system/exec.ts';
import { readCache, writeWhole } from '../system/files.ts';
import { version } from '../system/version.ts';

export interface Question {
  command: string;
  args: string[];
  input: string;
}

/** A door to processes that answers the same question only once. Not for what changes something. */
export class Interview {
  private readonly answers = new Map<string, { question: Question; outcome: Promise<Outcome> }>();

  constructor(private readonly through: Run) {}

  readonly run: Run = (command, args, { input = '' } = {}) => {
    const key = [command, ...args, input].join(separator);
    const known = this.answers.get(key);
    if (known) return known.outcome;
    const outcome = this.through(command, args, { input });
    outcome.catch(() => {}); // Whoever awaits it hears of it.
    this.answers.set(key, { question: { command, args, input }, outcome });
    return outcome;
  };

  /** @throws Failure when one of them could not be asked */
  async all(): Promise<[Question, Outcome][]> {
    const all = [...this.answers.values()].map(
      async ({ question, outcome }): Promise<[Question, Outcome]> => [question, await outcome],
    );
    return Promise.all(all);
  }
}

/** Occurs in no text of ours, nft's or tc's. */
const separator = '\0';

/** @returns what is to be asked to learn whether all is still as it was; nothing where these rules were never seen so */
export function readQuestions(file: string, rules: Rules): Question[] | undefined {
  const [head, ...parts] = (readCache(file) ?? '').split(separator);
  if (head !== version || !ruleFiles.every((name, index) => parts[index] === rules[name])) return undefined;
  const questions: Question[] = [];
  for (let at = ruleFiles.length; at + partsOfEach <= parts.length - 1; at += partsOfEach) {
    const [words = '', input = ''] = parts.slice(at, at + 2);
    const [command = '', ...args] = words.split(' ');
    if (!question.test(words) || !shows.test(input)) return undefined;
    questions.push({ command, args, input });
  }
  return questions;
}

/** What read-state.ts asks. Whatever the file says, nothing else is run. */
const question = /^(?:nft -s list table \S+ \S+|tc -[jd] -force -batch -|tc filter show dev \S+ \S+)$/;
const shows = /^(?:(?:qdisc|class|filter) show(?: .*)?\n)*$/;

/** Whether the answers are those that were kept. */
export async function isAsSeen(file: string, rules: Rules, interview: Interview): Promise<boolean> {
  return readCache(file) === (await textOf(rules, interview));
}

/** Writes the cache. Call it where the kernel and the rules were found to be the same. */
export async function keepSeen(file: string, rules: Rules, interview: Interview): Promise<void> {
  writeWhole(file, await textOf(rules, interview), 0o600);
}

const partsOfEach = 5;

/** What changes by traffic alone, so that it is left out: flows, which some leaves show as classes, and a count of HTB's. */
const passing = /^class (?!htb ).*\n|"?direct_packets_stat"?[ :]+\d+/gm;

/** Beside what is asked, what is read from /sys and /proc. */
async function textOf(rules: Rules, interview: Interview): Promise<string> {
  const answers = (await interview.all()).flatMap(
    ([{ command, args, input }, { status, stdout, stderr }]) => [
      [command, ...args].join(' '),
      input,
      String(status),
      withoutLearned(stdout).replace(passing, ''),
      stderr,
    ],
  );
  const devices = JSON.stringify([deviceNames(), readIfbs(), [...readSettings()]]);
  return [version, ...ruleFiles.map((name) => rules[name]), ...answers, devices].join(separator);
}

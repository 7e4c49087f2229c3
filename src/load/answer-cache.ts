// A cache of the answers of nft and tc when a load found nothing to do. When the rules and all answers are equal to the
// cached ones, there is nothing to do again and no answer has to be parsed: with a thousand guests parsing takes longer than
// asking. In /run, written only when it has changed.

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

/** Runs commands, each only once: a repeated command gets the first answer. Not for commands that change something. */
export class Interview {
  private readonly answers = new Map<string, { question: Question; outcome: Promise<Outcome> }>();

  constructor(private readonly through: Run) {}

  readonly run: Run = (command, args, { input = '' } = {}) => {
    const key = [command, ...args, input].join(separator);
    const known = this.answers.get(key);
    if (known) return known.outcome;
    const outcome = this.through(command, args, { input });
    outcome.catch(() => {}); // The caller that awaits it gets the error.
    this.answers.set(key, { question: { command, args, input }, outcome });
    return outcome;
  };

  /** @throws Failure when one of the commands could not be run */
  async all(): Promise<[Question, Outcome][]> {
    const all = [...this.answers.values()].map(
      async ({ question, outcome }): Promise<[Question, Outcome]> => [question, await outcome],
    );
    return Promise.all(all);
  }
}

/** Neither our texts nor the output of nft and tc contain it. */
const separator = '\0';

/** @returns the cached questions, whose answers are to be compared; undefined where nothing is cached for these rules */
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

/** The commands of read-state.ts. No other command is run, whatever the cache's file contains. */
const question = /^(?:nft -s list table \S+ \S+|tc -[jd] -force -batch -|tc filter show dev \S+ \S+)$/;
const shows = /^(?:(?:qdisc|class|filter) show(?: .*)?\n)*$/;

/** Whether the answers are equal to the cached ones. */
export async function isAsSeen(file: string, rules: Rules, interview: Interview): Promise<boolean> {
  return readCache(file) === (await textOf(rules, interview));
}

/** Writes the cache. Call it when the kernel was found to be as the rules say. */
export async function keepSeen(file: string, rules: Rules, interview: Interview): Promise<void> {
  writeWhole(file, await textOf(rules, interview), 0o600);
}

const partsOfEach = 5;

/** Left out, since traffic alone changes it: flows, which some leaves show as classes, and a counter of HTB. */
const passing = /^class (?!htb ).*\n|"?direct_packets_stat"?[ :]+\d+/gm;

/** The cache's content: the rules, all answers, and what is read from /sys and /proc. */
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

// The configuration's errors and warnings as `check` finds them, counted, and the permissions of every file that virt-shaper
// reads as root: whoever can write one of them decides what runs as root, and who is limited.
import type { Config } from '../config/config.ts';
import { describePending, type Pending } from '../store/pending.ts';
import type { Problem } from '../system/errors.ts';
import type { Attempt, Finding } from './finding.ts';

export interface ConfigurationFacts {
  /** The main file's path, as messages show it. */
  file: string;
  /** Whether the file exists. */
  there: boolean;
  errors: Problem[];
  warnings: Problem[];
  /** Absent when the configuration has errors. */
  config?: Config;
  /** Whether a rollback put an older configuration in force, since a load was not confirmed. */
  held: boolean;
  /** A load that waits for its confirmation. */
  pending?: Pick<Pending, 'deadline'>;
  /** Folders and files that users other than root can write: path -> why (owner, mode). */
  writable: Map<string, string>;
  /** The administrator's own templates: name -> text. */
  templates: Attempt<Map<string, string>>;
}

export function checkConfiguration(facts: ConfigurationFacts): Finding[] {
  return [
    checkFiles(facts),
    ...facts.warnings.map(
      (problem): Finding => ({
        check: 'configuration.warning',
        level: 'warning',
        subject: 'configuration',
        ...inWords(problem),
      }),
    ),
    ...checkConfirmation(facts),
    ...checkTemplates(facts.templates),
    ...checkWritable(facts.writable),
  ];
}

function checkFiles({ file, there, errors, config }: ConfigurationFacts): Finding {
  const about = { check: 'configuration', subject: 'configuration' };
  if (!there) {
    const hint = 'virt-shaper init writes a first one from what is found on this host';
    return { ...about, level: 'problem', detail: `${file} does not exist`, hint };
  }
  const [first] = errors;
  if (!first) return { ...about, level: 'ok', detail: `${file}: ${config ? contentsOf(config) : 'empty'}` };
  const { detail } = inWords(first);
  const more = errors.length > 1 ? ` (the first of ${errors.length} mistakes)` : '';
  return {
    ...about,
    level: 'problem',
    detail: `${detail}${more}`,
    hint: 'virt-shaper check shows the place',
  };
}

function contentsOf({ guests, groups, uplinks }: Config): string {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  return [count(guests.length, 'guest'), count(groups.length, 'group'), count(uplinks.length, 'uplink')].join(
    ', ',
  );
}

function checkConfirmation({ held, pending }: ConfigurationFacts): Finding[] {
  const about = { check: 'confirmation', level: 'warning' as const, subject: 'confirmation' };
  if (pending !== undefined) {
    const { reason: detail, remedy: hint } = describePending(pending);
    return [{ ...about, detail, hint }];
  }
  if (!held) return [];
  const detail = 'a load was not confirmed: the configuration before it counts, also for guests that start';
  return [{ ...about, detail, hint: 'put the configuration right, then: virt-shaper apply' }];
}

function checkTemplates(templates: ConfigurationFacts['templates']): Finding[] {
  const about = { check: 'templates', subject: 'templates' };
  if ('failed' in templates) return [{ ...about, level: 'problem', detail: templates.failed }];
  if (templates.value.size === 0) return [];
  const names = [...templates.value.keys()].sort().join(', ');
  const own = templates.value.get('class.tc');
  if (own === undefined || /\bburst\b/.test(own)) {
    return [{ ...about, level: 'ok', detail: `your own in place of the package's: ${names}` }];
  }
  return [
    {
      ...about,
      level: 'warning',
      detail: 'your class.tc.hbs leaves out burst, and the default of tc is one packet',
      hint: "UDP then reaches a half of its ceil or less: take burst and cburst over from the package's",
    },
  ];
}

function checkWritable(writable: Map<string, string>): Finding[] {
  const about = { check: 'permissions', subject: 'permissions' };
  if (writable.size === 0) return [{ ...about, level: 'ok', detail: 'only root can write what is read' }];
  return [...writable].map(([path, why]) => ({
    ...about,
    level: 'problem',
    detail: `${path}: ${why}`,
    hint: `see who wrote it, then: chown root:root ${path}; chmod go-w ${path}`,
  }));
}

function inWords({ at, message, hint }: Problem): { detail: string; hint?: string } {
  const place = at ? `${at.file}:${at.line}:${at.column}: ` : '';
  return { detail: `${place}${message}`, ...(hint ? { hint } : {}) };
}

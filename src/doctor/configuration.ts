// The configuration as `check` sees it, in numbers, and who can write what virt-shaper reads: whoever can rules
// the network of this host.
import type { Config } from '../config/config.ts';
import type { Problem } from '../system/errors.ts';
import type { Attempt, Finding } from './finding.ts';

export interface ConfigurationFacts {
  /** As it is called in messages. */
  file: string;
  /** Whether the file is there at all. */
  there: boolean;
  errors: Problem[];
  warnings: Problem[];
  /** Absent with errors. */
  config?: Config;
  /** The configuration that counts is another, since a load was not confirmed. */
  held: boolean;
  /** Milliseconds until a load goes back unless it is confirmed. */
  pending?: number;
  /** Folders and files that others than root can write: path -> by what. */
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
    const seconds = Math.max(0, Math.round(pending / 1000));
    const detail = `a load goes back in ${seconds} s unless somebody confirms it`;
    return [{ ...about, detail, hint: 'virt-shaper confirm' }];
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

// Prints doctor's findings: in each section one line per finding, and below warnings and problems the advice.
import { type Finding, type Level, levels, type Section, worst } from '../doctor/finding.ts';
import { printable } from '../system/printable.ts';
import { widthOf, wrap } from '../text/spans.ts';
import { paintCell, type Screen, type Tone } from '../text/table.ts';
import { dataVersion } from './in-use-data.ts';

export interface DoctorOptions extends Screen {
  /** Show warnings and problems only. */
  quiet: boolean;
  /** Show notes too. */
  verbose: boolean;
}

const tones: Record<Level, Tone> = { ok: 'dim', warning: 'warning', problem: 'problem' };

/** The widths of level and subject; a longer subject shifts only its own line. */
const levelWidth = 9;
const subjectWidth = 15;
/** The most similar findings that are shown one by one. */
const most = 4;
const margin = levelWidth + subjectWidth + 2;

export function reportDoctor(sections: Section[], options: DoctorOptions): string {
  const shown = sections
    .map(({ title, findings }) => ({ title, findings: findings.filter((one) => isShown(one, options)) }))
    .filter(({ findings }) => findings.length > 0);
  const blocks = shown.map(({ title, findings }) => {
    const lines = shorten(findings).flatMap((finding) => findingLines(finding, options));
    return `${paintCell({ text: title, tone: 'strong' }, options)}\n${lines.join('\n')}\n`;
  });
  const summary = summarize(
    sections.flatMap(({ findings }) => findings),
    options,
  );
  return [...blocks, ...(options.quiet ? [] : [`${summary}\n`])].join('\n');
}

/** For --json: a flat list with one entry per finding. */
export function doctorAsData(sections: Section[]) {
  const findings = sections.flatMap((section) =>
    section.findings.map((finding) => ({ section: section.title, ...finding })),
  );
  return { version: dataVersion, worst: worst(findings), findings };
}

function isShown({ level }: Finding, { quiet }: DoctorOptions): boolean {
  return !quiet || level !== 'ok';
}

/** Merges findings that differ only in their subject: a thousand guests may share one problem. */
function shorten(findings: Finding[]): Finding[] {
  const alike = (one: Finding) =>
    findings.filter(({ check, level }) => check === one.check && level === one.level);
  return findings.flatMap((finding): Finding[] => {
    const all = alike(finding);
    const place = all.indexOf(finding);
    if (all.length <= most + 1 || place < most) return [finding];
    if (place > most) return [];
    const detail = `and ${all.length - most} more like these, which --json lists`;
    return [{ ...finding, subject: '...', detail, hint: '' }];
  });
}

function findingLines({ level, subject, detail, hint, note }: Finding, options: DoctorOptions): string[] {
  const name = printable(subject);
  const about = `${name} ${' '.repeat(Math.max(0, subjectWidth - widthOf(name)))}`;
  const head = `${paintCell({ text: level, tone: tones[level] }, options)}${' '.repeat(levelWidth - level.length)}${about}`;
  const indent = ' '.repeat(margin);
  const [first = '', ...rest] = lines(printable(detail), options, levelWidth + widthOf(about) + 1);
  // Commands are not wrapped, so that they can be copied.
  const hints = hint ? hint.split('\n').map((one) => printable(one)) : [];
  const notes = note && options.verbose ? lines(printable(note), options, margin + 2) : [];
  const below = [...hints, ...notes].map((line) => `  ${line}`);
  return [` ${head}${first}`, ...[...rest, ...below].map((line) => `${indent}${line}`)];
}

/** Wraps to the width of the screen, if it has one. */
function lines(text: string, { width }: Screen, used: number): string[] {
  return width === undefined || width - used < 20 ? [text] : wrap(text, width - used);
}

function summarize(findings: Finding[], options: DoctorOptions): string {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  const parts = [...levels].reverse().flatMap((level) => {
    const number = count(level);
    if (number === 0 && level !== 'ok') return [];
    const text = level === 'ok' ? `${number} ok` : `${number} ${level}${number === 1 ? '' : 's'}`;
    return [paintCell({ text, tone: level === 'ok' ? 'plain' : tones[level] }, options)];
  });
  return parts.join(', ');
}

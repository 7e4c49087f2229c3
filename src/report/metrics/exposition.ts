// Prometheus' text exposition format, version 0.0.4. A file with one line too odd is refused whole, and names are
// chosen by tenants: so what is odd is escaped, and no two samples of a family may look alike.
import { label } from '../../text/label.ts';

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface Family {
  /** Base units, as the convention has it: bytes, seconds; counters end in `_total`. */
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  samples: Sample[];
}

/** One family after the other, so that no more than one has to be kept. Those without samples are left out. */
export function exposition(families: Iterable<Family>): string {
  let text = '';
  for (const family of families) if (family.samples.length > 0) text += familyText(family);
  return text;
}

function familyText({ name, type, help, samples }: Family): string {
  const lines = new Map<string, number>();
  for (const { labels, value } of samples) {
    const sample = `${name}${labelText(labels)}`;
    if (!lines.has(sample)) lines.set(sample, value);
  }
  const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  return head + Array.from(lines, ([sample, value]) => `${sample} ${value}\n`).join('');
}

/** The same guest's labels are in many families. */
const texts = new WeakMap<Sample['labels'], string>();

function labelText(labels: Sample['labels']): string {
  const known = texts.get(labels) ?? writeLabels(labels);
  texts.set(labels, known);
  return known;
}

function writeLabels(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/**
 * The name itself, that queries may ask for it, unless it could drive a terminal; quoted then, as everywhere. One
 * that begins with a quote is quoted too, so that no two names become one.
 */
function escaped(value: string): string {
  const shown = /^"|[\p{C}\p{Zl}\p{Zp}]/u.test(value) ? label(value) : value;
  return shown.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

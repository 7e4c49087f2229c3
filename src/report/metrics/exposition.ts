// Prometheus' text exposition format, version 0.0.4. One invalid line or duplicate sample makes Prometheus reject the whole file, and
// names are chosen by tenants, so labels are escaped without making two names equal.
import { label } from '../../text/label.ts';

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface MetricFamily {
  /** The name, by convention in base units: bytes, seconds; counters end in `_total`. */
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  /** The samples, generated lazily: a thousand guests have eighteen thousand. */
  samples: Iterable<Sample>;
}

/** Yields one family after the other, so that only one is in memory. Families without samples are left out. */
export function exposition(families: Iterable<MetricFamily>): string {
  let text = '';
  for (const family of families) text += familyText(family);
  return text;
}

/** Joined once: a text that grows word by word is kept as a tree of all its words until it is written. */
function familyText({ name, type, help, samples }: MetricFamily): string {
  const seen = new Set<string>();
  const words: string[] = [];
  const begin = `\n${name}`;
  for (const { labels, value } of samples) {
    const shown = labelText(labels);
    if (seen.has(shown)) continue;
    seen.add(shown);
    words.push(begin, shown, valueText(value));
  }
  return words.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}${words.join('')}\n`;
}

function valueText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : String(value);
}

/** A cache of formatted labels, since a guest's labels occur in many families. */
const texts = new WeakMap<Sample['labels'], string>();

function labelText(labels: Sample['labels']): string {
  const known = texts.get(labels);
  if (known !== undefined) return known;
  const made = writeLabels(labels);
  texts.set(labels, made);
  return made;
}

/** With the blank before the value. */
function writeLabels(labels: Sample['labels']): string {
  let pairs = '';
  for (const name in labels) pairs += `${pairs === '' ? '' : ','}${name}="${escaped(labels[name] ?? '')}"`;
  return pairs === '' ? ' ' : `{${pairs}} `;
}

/** Matches nearly every name, a fast path: the full check of a thousand names would take a tenth of the whole time. */
const plain = /^[\w.:-]*$/;

/**
 * The name unchanged, so that queries can use it; one with control characters is quoted, as everywhere. A name that begins with a quote
 * is quoted too, so that no two names become equal.
 */
function escaped(value: string): string {
  if (plain.test(value)) return value;
  const shown = /^"|[\p{C}\p{Zl}\p{Zp}]/u.test(value) ? label(value) : value;
  return shown.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

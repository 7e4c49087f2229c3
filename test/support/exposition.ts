// A strict reader of Prometheus' text format 0.0.4: what it does not know is an error, so that what passes here
// is taken by every other reader.

export interface ReadFamily {
  help: string;
  type: string;
  samples: { labels: Record<string, string>; value: number }[];
}

const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN)$/;
const pair = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=.)|$)/;

export function parseExposition(text: string): Map<string, ReadFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, ReadFamily>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = line.match(/^# (HELP|TYPE) (\S+) (.+)$/) ?? [];
    if (kind === 'HELP') {
      if (families.has(name)) throw new Error(`a second HELP: ${line}`);
      families.set(name, { help: rest, type: '', samples: [] });
      current = name;
    } else if (kind === 'TYPE') {
      const family = families.get(name);
      if (name !== current || family?.type !== '' || family.samples.length > 0)
        throw new Error(`out of place: ${line}`);
      if (!['counter', 'gauge'].includes(rest)) throw new Error(`not a type: ${line}`);
      family.type = rest;
    } else {
      const [, own = '', labels = '', value = ''] = line.match(sample) ?? [];
      const family = families.get(own);
      if (own !== current || !family?.type) throw new Error(`no sample, or out of place: ${line}`);
      const parsed = parseLabels(labels, line);
      const identity = JSON.stringify([own, Object.entries(parsed).sort()]);
      if (seen.has(identity)) throw new Error(`a second time: ${line}`);
      seen.add(identity);
      family.samples.push({ labels: parsed, value: Number(value.replace('Inf', 'Infinity')) });
    }
  }
  return families;
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const [whole = '', name = '', value = ''] = rest.match(pair) ?? [];
    if (whole === '' || Object.hasOwn(labels, name)) throw new Error(`not labels: ${line}`);
    labels[name] = value.replace(/\\(.)/g, (_escape, character) => (character === 'n' ? '\n' : character));
    rest = rest.slice(whole.length);
  }
  return labels;
}

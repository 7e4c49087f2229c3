// Parses a line of shape.tc into the object that it makes. Strict: a line that is not fully understood is refused, since its
// object could neither be compared with the kernel's nor deleted.
import { signature } from '../../plan/names.ts';
import { isDeviceName } from '../../units/units.ts';
import { canonicalHandle, canonicalMark, makeObject, type TcObject, type Values } from '../objects.ts';
import { flagNamed } from './flags.ts';
import { isKnownKind, parseValue, uncounted } from './values.ts';

/** @returns the object, or what is wrong with the line */
export function parseTcLine(line: string): TcObject | string {
  const words = splitWords(line);
  const [type, verb, dev, device, ...rest] = words;
  if (verb !== 'add' || dev !== 'dev' || !device || !isDeviceName(device)) return unknown;
  if (type === 'class') return parseClass(device, rest);
  if (type === 'filter') return parseFilter(device, rest);
  if (type === 'qdisc') return parseQdisc(device, rest);
  return unknown;
}

const unknown = 'virt-shaper does not know how to load this line';

function parseQdisc(device: string, words: string[]): TcObject | string {
  if (words.length === 1 && words[0] === 'clsact') return makeObject('clsact', device, 'clsact', {});
  const root = words[0] === 'root';
  const [parent, ...rest] = root ? ['', ...words.slice(1)] : words[0] === 'parent' ? words.slice(1) : [];
  const [word, handle, kind, ...options] = rest;
  if (parent === undefined || word !== 'handle' || !handle || !kind || !isKnownKind(kind)) return unknown;
  const values = parseOptions(kind, options);
  if (typeof values === 'string') return values;
  const shown = { kind, handle: canonicalHandle(handle), ...values };
  return root
    ? makeObject('root', device, canonicalHandle(handle), shown)
    : makeObject('leaf', device, canonicalHandle(parent), shown);
}

function parseClass(device: string, words: string[]): TcObject | string {
  const [word, parent, classid, id, kind, ...options] = words;
  if (word !== 'parent' || classid !== 'classid' || !parent || !id || kind !== 'htb') return unknown;
  const values = parseOptions(kind, options);
  if (typeof values === 'string') return values;
  const counting = { ...values, ...uncounted(values) };
  return { ...makeObject('class', device, canonicalHandle(id), counting), parent: canonicalHandle(parent) };
}

function parseFilter(device: string, words: string[]): TcObject | string {
  const [head, tail] = [words.slice(0, 5).join(' '), words.slice(-6)];
  const preference = head.match(/^egress protocol all pref (\d+)$/)?.[1];
  const to = tail.join(' ').match(/^action mirred egress redirect dev (\S+)$/)?.[1];
  const [word, handle, kind, bytecode, program, ...more] = words.slice(5, -6);
  if (preference !== String(signature) || !to) return unknown;
  const mark = words
    .slice(5, -6)
    .join(' ')
    .match(/^u32 match mark (0x[0-9a-f]+) 0xffffffff$/i)?.[1];
  if (mark) return makeObject('filter', device, canonicalMark(mark), { match: 'u32', to });
  if (word !== 'handle' || more.length > 0) return unknown;
  if (!handle || !/^0x[0-9a-f]+$/i.test(handle)) return unknown;
  const isBpf = kind === 'bpf' && bytecode === 'bytecode' && program !== undefined;
  if (!isBpf && !(kind === 'fw' && bytecode === undefined)) return unknown;
  const match = isBpf ? `bpf ${program}` : 'fw';
  return makeObject('filter', device, canonicalMark(handle), { match, to });
}

function parseOptions(kind: string, words: string[]): Values | string {
  const values: Values = {};
  for (let index = 0; index < words.length; index += 1) {
    const option = words[index] ?? '';
    const flag = flagNamed(kind, option);
    if (flag) {
      values[flag.option] = flag.value;
      continue;
    }
    index += 1;
    const text = words[index] ?? '';
    const value = parseValue(kind, option, text);
    if (value === undefined) return `"${option} ${text}" is no option of ${kind} that virt-shaper can load`;
    values[option] = value;
  }
  return values;
}

/** Splits a line into words; a quoted text is one word, as in tc's makeargs(). */
function splitWords(line: string): string[] {
  if (!/['"]/.test(line)) return line.trim().split(/\s+/);
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}

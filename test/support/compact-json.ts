// JSON for people: what fits into a line stands on one, and plain values fill their lines.
const widest = 116;

export function compactJson(value: unknown, indent = ''): string {
  const line = inLine(value);
  if (!isNested(value) || indent.length + line.length <= widest) return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const parts = Array.isArray(value)
    ? value.map((one) => ({ text: compactJson(one, inner), plain: false }))
    : Object.entries(value).map(([key, one]) => ({
        text: `${JSON.stringify(key)}: ${compactJson(one, inner)}`,
        plain: !isNested(one),
      }));
  return `${open}\n${filled(parts, inner)}\n${indent}${close}`;
}

/** Plain ones beside each other while there is room, each other on lines of its own. */
function filled(parts: { text: string; plain: boolean }[], indent: string): string {
  const lines: { text: string; plain: boolean }[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const fits = last && indent.length + last.text.length + part.text.length + 3 <= widest;
    if (last?.plain && part.plain && fits) last.text += `, ${part.text}`;
    else lines.push({ ...part });
  }
  return lines.map(({ text }) => `${indent}${text}`).join(',\n');
}

function inLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inLine).join(', ')}]`;
  if (!isNested(value)) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${inLine(one)}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

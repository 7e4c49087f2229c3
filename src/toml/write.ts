// How keys, strings and comments are written in TOML, whatever they hold.

/** `guest."web-*".rate`: a dotted key. */
export function formatPath(keys: string[]): string {
  return keys.map(tomlKey).join('.');
}

/** One key of a dotted name, quoted where TOML needs it. */
export function tomlKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : basicString(name);
}

/** Control characters end a comment or are forbidden in it. */
export function tomlComment(text: string): string {
  return `# ${text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ')}\n`;
}

/** A lone surrogate is not valid in TOML: it becomes U+FFFD. */
export function basicString(text: string): string {
  const escaped = text
    .replace(/\p{Cs}/gu, '\uFFFD')
    .replace(/["\\]/g, '\\$&')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeCodePoint);
  return `"${escaped}"`;
}

/** Escapes characters that control a terminal or are invisible: `\n`, `\u007f`. */
function escapeCodePoint(character: string): string {
  const ofJson = JSON.stringify(character).slice(1, -1);
  if (/^\\[a-z]$/.test(ofJson)) return ofJson;
  const number = (character.codePointAt(0) ?? 0).toString(16);
  return number.length > 4 ? `\\U${number.padStart(8, '0')}` : `\\u${number.padStart(4, '0')}`;
}

// What drives a terminal, ends a line of a log or hides in a text, made visible: for text that somebody else has written.

/**
 * Control characters as pictures of them (U+2400), and what hides or turns the direction of writing as U+FFFD.
 *
 * @param keep characters that stay as they are
 */
export function printable(text: string, keep = ''): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (keep.includes(character)) return character;
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}

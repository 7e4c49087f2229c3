// Sanitizes names for output. A guest's name may contain anything that libvirt accepts, so every generated comment, message
// and table takes it from here: it can then neither end a comment nor send escape sequences to a terminal.

/** The name itself when it is plain, otherwise in double quotes with control and format characters escaped. */
export function label(name: string): string {
  if (/^[\p{L}\p{N}_.@+:/-]+$/u.test(name)) return name;
  return JSON.stringify(name).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escapeCodePoint);
}

function escapeCodePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The inverse of `label`. @returns undefined for a text that `label` cannot have made */
export function unlabel(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  const units = (digits: string) => {
    const pair = String.fromCodePoint(Number.parseInt(digits, 16));
    return Array.from({ length: pair.length }, (_unit, index) => pair.charCodeAt(index));
  };
  try {
    const json = text.replace(/\\(?:u\{([0-9a-f]{1,6})\}|[\s\S])/g, (all, digits: string | undefined) =>
      digits === undefined
        ? all
        : units(digits)
            .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
            .join(''),
    );
    const name: unknown = JSON.parse(json);
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** A text for the beginning of an nft comment: without double quotes, and at most 110 of the 128 bytes that nft takes. */
export function nftComment(text: string): string {
  const quoted = text.replaceAll('"', "'");
  if (quoted.length * 3 <= 110) return quoted; // A UTF-16 unit has at most three bytes in UTF-8.
  const characters = Array.from(quoted);
  while (Buffer.byteLength(characters.join('')) > 110) characters.pop();
  return characters.join('');
}

/** `1 guest`, `2 guests`. @param what in the singular */
export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

// Decodes the bytes of a file. TOML is always UTF-8, but editors on other systems save other encodings; the message has to
// name the encoding, because the file looks right in the editor that wrote it.
import type { Findings } from './findings.ts';
import { SourceFile } from './source-file.ts';

/** @returns the text without its byte order mark; undefined, with an error in `findings`, when it is not UTF-8 */
export function decodeText(bytes: Uint8Array, name: string, findings: Findings): SourceFile | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return findings.unreadable(
      undefined,
      `${name}: is UTF-16, and must be UTF-8`,
      `save the file as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 ${name}`,
    );
  }
  // TextDecoder drops the byte order mark and replaces invalid bytes by U+FFFD.
  const file = new SourceFile(name, new TextDecoder().decode(bytes));
  findings.addFile(file);
  if (isUtf8(bytes)) return file;
  return findings.unreadable(
    file.place(file.text.indexOf('\ufffd')),
    'not UTF-8: the bytes here are no character',
    `save the file as UTF-8, or convert it: iconv -f ISO-8859-1 -t UTF-8 ${name}`,
  );
}

/** As isUtf8 of node:buffer, which Node.js 18.13 lacks. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

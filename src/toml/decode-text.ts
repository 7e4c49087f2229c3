// Bytes -> text. TOML is UTF-8 and nothing else; editors on other systems save other things, and the message
// must say so, because the file looks right in the editor that wrote it.
import type { Findings } from './findings.ts';
import { SourceFile } from './source-file.ts';

/** The text of a file without its byte order mark, or undefined with the reason among the findings. */
export function decodeText(bytes: Uint8Array, name: string, findings: Findings): SourceFile | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return findings.unreadable(
      undefined,
      `${name}: is UTF-16, and must be UTF-8`,
      `save the file as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 ${name}`,
    );
  }
  // TextDecoder drops the mark and puts U+FFFD where bytes make no character.
  const file = new SourceFile(name, new TextDecoder().decode(bytes));
  findings.addFile(file);
  if (isUtf8(bytes)) return file;
  return findings.unreadable(
    file.place(file.text.indexOf('\ufffd')),
    'not UTF-8: the bytes here are no character',
    `save the file as UTF-8, or convert it: iconv -f ISO-8859-1 -t UTF-8 ${name}`,
  );
}

/** node:buffer has one from Node.js 18.14 on. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

// Bytes of a file as text. A guest's start reads megabytes of it.

/** Text in UTF-8. Without letters beyond ASCII, as rules are, it takes half the time. */
export function decodeUtf8(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  // Any other letter would take more bytes in UTF-8 than it has here.
  return Buffer.byteLength(text) === bytes.length ? text : bytes.toString('utf8');
}

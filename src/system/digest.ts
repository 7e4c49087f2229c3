// Digests, and ids that nobody else has. A guest's start needs the cheap one only: node:crypto takes 10 ms to load, so it is
// loaded when it is asked for.
import { createRequire } from 'node:module';

const crypto = () => createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');

/** In hexadecimal. @param text as UTF-8 */
export function sha256(text: string): string {
  return crypto().createHash('sha256').update(text).digest('hex');
}

/** FNV-1a, 32 bits, over the text as UTF-8: against mistakes, not against anybody. */
export function fnv1a(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

export function randomId(): string {
  return crypto().randomUUID();
}

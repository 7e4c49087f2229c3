// SHA-256, and ids that nobody else has. Loaded when one is asked for: node:crypto takes 10 ms to load, and a guest's start needs none.
import { createRequire } from 'node:module';

const crypto = () => createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');

/** In hexadecimal. @param text as UTF-8 */
export function sha256(text: string): string {
  return crypto().createHash('sha256').update(text).digest('hex');
}

export function randomId(): string {
  return crypto().randomUUID();
}

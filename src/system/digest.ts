// SHA-256, loaded when it is asked for: node:crypto takes 10 ms to load, and a guest's start needs none.
import { createRequire } from 'node:module';

/** In hexadecimal. @param text as UTF-8 */
export function sha256(text: string): string {
  const { createHash } = createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');
  return createHash('sha256').update(text).digest('hex');
}

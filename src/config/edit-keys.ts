// Parses the arguments of `set`: keys and values as typed in a shell, without TOML's quotes.
import { ConfigError } from '../system/errors.ts';
import { parseKeys } from '../toml/edit.ts';
import { basicString } from '../toml/write.ts';

/** Keys with string values, even when they look like numbers. */
const texts = ['group', 'leaf', 'kind', 'macs'];

/** @throws ConfigError for an unknown key */
export function keysOf(text: string): string[] {
  const keys = parseKeys(text);
  if (keys) return keys;
  throw new ConfigError([
    {
      severity: 'error',
      message: `${JSON.stringify(text)} is no key`,
      hint: 'a key is a word such as ceil, or several with dots between them: ceil.out, on."bond0.120".rate',
    },
  ]);
}

/** @returns the value as TOML, on one line */
export function literalOf(key: string[], value: string): string {
  const isText = texts.includes(key.at(-1) ?? '');
  if (!isText && /^(?:true|false|0x[\da-f]+|(?:0|[1-9]\d*)(?:\.\d+)?)$/i.test(value))
    return value.toLowerCase();
  return basicString(value);
}

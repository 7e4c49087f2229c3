// What `set` is told: keys and values as somebody types them, without the quotes of TOML.
import { ConfigError } from '../system/errors.ts';
import { parseKeys } from '../toml/edit.ts';

/** Whose values are texts, also where they look like numbers. */
const texts = ['group', 'leaf', 'kind', 'macs'];

/** @throws ConfigError for what is no key */
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

/** @returns as TOML writes it, on one line */
export function literalOf(key: string[], value: string): string {
  const isText = texts.includes(key.at(-1) ?? '');
  if (!isText && /^(?:true|false|0x[\da-f]+|(?:0|[1-9]\d*)(?:\.\d+)?)$/i.test(value))
    return value.toLowerCase();
  // What JSON leaves and TOML does not take.
  return JSON.stringify(value).replace(/\u007f/g, '\\u007f');
}

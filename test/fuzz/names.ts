// Names as a tenant may choose them: what ends a comment, a line or a string somewhere, what a shell, a
// template, a terminal or an object's prototype would act on, and any text besides.
import fc from 'fast-check';

export const hostile = [
  ...['a', 'web-1', '0123', 'Jörg', '名前', '-x', '--help', '.x', ' a ', 'a#b', '# x', 'a\\', '\\', '\\\\'],
  ...[
    '"',
    "'",
    '`id`',
    '$(reboot)',
    '"; flush ruleset',
    '}',
    '{{source}}',
    '{{{source}}}',
    '@map',
    '*',
    'a?',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'a\tb',
    '\u202eabc',
    'a\u2028b',
    '\ufeff',
    'x'.repeat(200),
    'ö'.repeat(100),
  ],
  // Like the lines that stand beside them in rules.d.
  ...[
    'meta priority set 1:beef',
    '" . "eth0" : goto out-1',
    'chain out-1 {',
    'parent 1:1 classid 1:2 htb rate 1mbit',
  ],
];

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostile) },
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'"\'\\#\n\r\t;{}$`*? \u0000\u001b'), minLength: 1, maxLength: 6 }),
);

/** Whatever an argument of the hook can hold, and more. */
export const guestName = text.filter((name) => !name.includes('/'));

/** What an entry of the configuration can be called. */
export const configName = guestName.filter(
  (name) => !/(?!\t)\p{Cc}/u.test(name) && name !== '.' && name !== '..',
);

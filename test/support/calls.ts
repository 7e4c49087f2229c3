// Calls of the program as texts show them, and whether they could be typed so.
import * as assert from 'uvu/assert';
import { makeProgram } from '../../src/cli/program.ts';

/** The words behind each `virt-shaper`, up to what the shell takes for its own. */
export function callsIn(text: string): string[][] {
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  return lines.flatMap((line) =>
    [...line.matchAll(/(?:^|[\s(])virt-shaper +([^\s|;&<>)#](?:"[^"]*"|'[^']*'|[^|;&<>)#])*)/g)].map(
      ([, rest = '']) =>
        (rest.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replace(/["']/g, '')),
    ),
  );
}

/**
 * @param whole whether it could be typed so; else it only names a command and perhaps options
 * @throws when commander would not take it, or when it is not meant for people
 */
export function checkCall(words: string[], whole = true): void {
  const program = makeProgram();
  const shown = `virt-shaper ${words.join(' ')}`;
  const { operands, unknown } = program.parseOptions(words);
  const [name = '', ...rest] = [...operands, ...unknown];
  const command = program
    .createHelp()
    .visibleCommands(program)
    .find((one) => one.name() === name);
  assert.ok(command, `${shown}: no such command`);
  if (name === 'hook') return;
  const own = command.parseOptions(rest);
  assert.equal(own.unknown, [], shown);
  if (!whole) return;
  const args = command.registeredArguments;
  assert.ok(own.operands.length >= args.filter(({ required }) => required).length, `${shown}: too few words`);
  assert.ok(own.operands.length <= args.length || args.at(-1)?.variadic, `${shown}: too many words`);
}

// Phases as commands that somebody can type: each names its tool, and a ruleset that is in no file comes with its command.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commandsOf } from '../../../src/diff/command-lines.ts';
import type { Phase } from '../../../src/diff/phases.ts';
import type { Step } from '../../../src/diff/steps.ts';

const lines = (phases: Phase[], ...there: Parameters<typeof commandsOf>[1][]) =>
  commandsOf(phases, ...there).map(({ phase, command }) => `${phase}: ${command}`);

test('a step is the words of its tool, of a setting with its value', () => {
  const steps = [
    { tool: 'sysctl', line: 'net.ipv4.fwmark_reflect = 1' },
    { tool: 'ip', line: 'link add name ifb0 alias "a = b"' },
    { tool: 'tc', line: 'qdisc add dev eth0 clsact' },
  ] as Step[];
  assert.equal(
    lines([
      { name: 'stage', steps },
      { name: 'retire', steps: steps.slice(0, 1) },
    ] as Phase[]),
    [
      'stage: sysctl -w net.ipv4.fwmark_reflect=1',
      'stage: ip link add name ifb0 alias "a = b"',
      'stage: tc qdisc add dev eth0 clsact',
      'retire: sysctl -w net.ipv4.fwmark_reflect=1',
    ],
  );
});

test('a ruleset is read from the file that holds it, and else written out', () => {
  const ruleset = 'table bridge x {\n}\n\n';
  const phases: Phase[] = [{ name: 'commit', ruleset }];
  const written = ["commit: nft -f - <<'END'\ntable bridge x {\n}\nEND"];
  const file = (path: string, held = ruleset) => lines(phases, { path, ruleset: held });
  assert.equal(lines(phases), written);
  assert.equal(file('/x/ruleset.nft', 'table bridge y {\n}\n'), written);
  assert.equal(file('/x/a-b_1/ruleset.nft'), ['commit: nft -f /x/a-b_1/ruleset.nft']);
  assert.equal(file("/x y/o'clock"), ["commit: nft -f '/x y/o'\\''clock'"]);
  assert.equal(file('/x/$(reboot)'), ["commit: nft -f '/x/$(reboot)'"]);
});

test.run();

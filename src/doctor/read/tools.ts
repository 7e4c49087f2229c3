// The tools' versions, the user and the capabilities. Capabilities are read from /proc/self/status: root in a container may
// lack those that all of this needs.

import type { Run } from '../../system/exec.ts';
import { readIfThere } from '../../system/files.ts';
import { attempt } from '../finding.ts';
import { type ToolFacts, toolsUsed } from '../tools.ts';

/** Capability names by bit number (linux/capability.h). */
const rights = new Map([
  ['CAP_NET_ADMIN', 12],
  ['CAP_SYS_ADMIN', 21],
]);

export async function readTools(run: Run): Promise<ToolFacts> {
  const names = Object.keys(toolsUsed);
  const versions = await Promise.all(names.map((name) => attempt(() => readVersion(run, name))));
  return {
    uid: process.geteuid?.() ?? 0,
    lackingRights: readLackingRights(),
    node: process.versions.node,
    tools: new Map(names.map((name, index) => [name, versions[index] ?? { failed: 'not asked' }])),
  };
}

async function readVersion(run: Run, name: string): Promise<string> {
  const { status, stdout, stderr } = await run(name, [name === 'tc' || name === 'ip' ? '-V' : '--version']);
  if (status === 0 || stdout) return stdout || stderr;
  throw new Error(`does not run: ${stderr.trim().split('\n')[0] || `exit status ${status}`}`);
}

function readLackingRights(): string[] {
  const line = readIfThere('/proc/self/status')?.match(/^CapEff:\s*([0-9a-f]+)$/m)?.[1];
  if (line === undefined) return [];
  const held = BigInt(`0x${line}`);
  return [...rights].filter(([, number]) => !((held >> BigInt(number)) & 1n)).map(([name]) => name);
}

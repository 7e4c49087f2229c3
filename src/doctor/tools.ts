// The programs that virt-shaper calls, and the user it runs as. Only the defects that an administrator can meet are
// administrator can meet; around the others (HTB as text before iproute2 6.2, fw filters as broken JSON in 6.1)
// virt-shaper finds its own way.
import { asRoot } from '../system/as-root.ts';
import type { Attempt, Finding } from './finding.ts';

export interface ToolFacts {
  /** The effective user id. */
  uid: number;
  /** Missing capabilities. */
  lackingRights: string[];
  node: string;
  /** What each tool printed for its version. */
  tools: Map<string, Attempt<string>>;
}

/** In the order shown, with what does not work without each. */
export const toolsUsed = {
  nft: 'no guest can be shaped',
  tc: 'no guest can be shaped',
  ip: 'no guest can be shaped',
  flock: 'no guest can be shaped',
  unshare: "this kernel's features cannot be tried out",
  logger: 'what the hook has to say reaches no log',
} as const;

export function checkTools(facts: ToolFacts): Finding[] {
  return [
    checkUser(facts),
    checkNode(facts.node),
    ...[...facts.tools].map(([name, version]) => checkTool(name, version)),
  ];
}

function checkUser({ uid, lackingRights }: ToolFacts): Finding {
  const about = { check: 'user', subject: 'user' };
  if (uid !== 0) {
    return {
      ...about,
      level: 'problem',
      detail: `not root (uid ${uid}): what follows is only what this user may see`,
      hint: asRoot(),
    };
  }
  if (lackingRights.length === 0) return { ...about, level: 'ok', detail: 'root' };
  return {
    ...about,
    level: 'problem',
    detail: `root, but without ${lackingRights.join(' and ')}`,
    hint: 'in a container or a service: give it these capabilities',
  };
}

function checkNode(version: string): Finding {
  const about = { check: 'node', subject: 'Node.js', detail: version };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 18 || (major === 18 && minor >= 13)) return { ...about, level: 'ok' };
  return { ...about, level: 'problem', hint: 'virt-shaper needs Node.js 18.13 or newer' };
}

function checkTool(name: string, version: Attempt<string>): Finding {
  const about = { check: `tool.${name}`, subject: name };
  if ('failed' in version) {
    const without = toolsUsed[name as keyof typeof toolsUsed];
    const hint = version.hint ? { hint: version.hint } : {};
    return {
      ...about,
      level: name === 'logger' ? 'warning' : 'problem',
      detail: `${version.failed}: ${without}`,
      ...hint,
    };
  }
  const text = version.value.trim().split('\n')[0] ?? '';
  if (/busybox/i.test(text) && (name === 'tc' || name === 'ip')) {
    return {
      ...about,
      level: 'problem',
      detail: "this is BusyBox's, which lacks what virt-shaper asks of it",
      hint: 'install the package iproute2',
    };
  }
  const note = name === 'tc' ? { note: tcNote } : {};
  return { ...about, level: 'ok', detail: shortVersion(text), ...note };
}

const tcNote =
  'known and worked around: default bursts too small for UDP, from 1gbit on for anything (before 6.15); ' +
  'HTB classes as text where JSON was asked for (before 6.2); broken JSON for fw filters (6.1)';

/** `nftables v1.0.6 (Lester Gooch #5)` -> `1.0.6`, `tc utility, iproute2-6.1.0, ...` -> `iproute2 6.1.0` */
function shortVersion(text: string): string {
  const iproute = text.match(/iproute2-(?:ss)?([\w.]+)/)?.[1];
  if (iproute) return `iproute2 ${iproute}`;
  return text.match(/\bv?(\d+\.[\w.]+)/)?.[1] ?? (text || 'of unknown version');
}

// Findings of doctor as lines that a test can be read by.
import type { Finding } from '../../src/doctor/finding.ts';

export function line({ level, subject, detail }: Finding): string {
  return `${level} ${subject}: ${detail}`;
}

/** The lines of what is not well. */
export function wrong(findings: Finding[]): string[] {
  return findings.filter(({ level }) => level !== 'ok').map(line);
}

export function named(findings: Finding[], check: string): Finding {
  const found = findings.find((finding) => finding.check === check);
  if (!found) throw new Error(`no ${check} in ${findings.map((one) => one.check).join(' ')}`);
  return found;
}

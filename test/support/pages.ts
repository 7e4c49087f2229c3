// The documents for people: README, CONTRIBUTING, CHANGELOG and docs/, with their fenced blocks and links.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Block {
  /** What stands behind the fence, as `toml`. */
  kind: string;
  text: string;
  /** The word of a comment on the line above, as in `<!-- run: fresh -->`. */
  label?: string;
}

export interface Page {
  /** From the top of the checkout. */
  path: string;
  text: string;
  blocks: Block[];
  /** The text without its fenced blocks. */
  prose: string;
  headings: string[];
}

/** All of them, or those at these paths. */
export function readPages(paths = pagePaths()): Page[] {
  return paths.map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const found = text.matchAll(/^(?:<!-- ([^\n]*) -->\n)?```(\w+)\n(.*?)^```$/gms);
    const prose = text.replace(/^```.*?^```$/gms, '');
    return {
      path,
      text,
      blocks: [...found].map(([, label, kind = '', text = '']) => ({ kind, text, ...(label && { label }) })),
      prose,
      headings: [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading),
    };
  });
}

export function pagePaths(): string[] {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs.sort().map((name) => `docs/${name}`)];
}

/** @throws Error when the page has no such block */
export function blockOf(page: Page | undefined, kind: string): string {
  const block = page?.blocks.find((one) => one.kind === kind);
  if (!block) throw new Error(`${page?.path} has no block of ${kind}`);
  return block.text;
}

/** What links to the headings of a page end with, as GitHub makes them. */
export function anchorsOf({ headings }: Page): string[] {
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const text = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(text) ?? 0;
    seen.set(text, before + 1);
    return before === 0 ? text : `${text}-${before}`;
  });
}

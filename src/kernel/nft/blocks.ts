// nft's language as blocks: tables, and in them chains, sets, maps and what else there is, line by line. The one reader of
// its structure, of files and of listings; what stands in a block is for those who know its kind: table.ts for what we
// write ourselves, listing.ts for everybody's.

export interface Statement {
  /** Index of its line. */
  line: number;
  /** Without comments and indentation. */
  text: string;
}

export interface Block {
  kind: 'chain' | 'set' | 'map' | 'flowtable';
  name: string;
  statements: Statement[];
  /** Index of the line on which it begins, and of that with its closing brace. */
  line: number;
  end: number;
}

export interface TableBlocks {
  family: string;
  name: string;
  blocks: Block[];
  /** Lines of the table that are in none of these blocks. */
  statements: Statement[];
}

export interface Blocks {
  tables: TableBlocks[];
  /** What stands outside of every table, and includes wherever they stand. */
  outside: Statement[];
}

/** Never fails: what it does not know is among the statements. */
export function readBlocks(text: string): Blocks {
  const blocks: Blocks = { tables: [], outside: [] };
  let table: TableBlocks | undefined;
  let block: Block | undefined;
  let isListing = false; // Elements, whose end may be a brace alone.
  let depth = 0; // Of braces in a block of no kind that is known here.
  for (const [line, raw] of text.split('\n').entries()) {
    const code = withoutComment(raw.trimStart());
    if (code === '') continue;
    const statement = { line, text: code };
    if (/^include\b/.test(code) || !table) {
      const [, family, name = ''] = code.match(/^table (\w+) (\S+) \{$/) ?? [];
      if (family === undefined) blocks.outside.push(statement);
      else {
        table = { family, name, blocks: [], statements: [] };
        blocks.tables.push(table);
      }
    } else if (block) {
      if (code === '}' && !isListing) {
        block.end = line;
        block = undefined;
      } else {
        block.statements.push(statement);
        isListing = (isListing || code.startsWith('elements = {')) && !code.endsWith('}');
      }
    } else if (depth > 0) {
      table.statements.push(statement);
      depth += braces(code);
    } else if (code === '}') table = undefined;
    else {
      const [, kind, name = ''] = code.match(/^(chain|map|set|flowtable) (\S+) \{$/) ?? [];
      if (kind === undefined) {
        table.statements.push(statement);
        depth = Math.max(0, braces(code));
      } else {
        block = { kind: kind as Block['kind'], name, statements: [], line, end: line };
        table.blocks.push(block);
      }
    }
  }
  return blocks;
}

/** How many more of them it opens than it closes. */
function braces(code: string): number {
  const bare = withoutStrings(code);
  return bare.split('{').length - bare.split('}').length;
}

/** A `#` in a string begins none. */
function withoutComment(line: string): string {
  return line.includes('#') ? (line.match(/^(?:"[^"]*"|[^"#])*/)?.[0] ?? '').trimEnd() : line.trimEnd();
}

/** A rule without its strings: a guest may be called "meta priority set 1:10". */
export function withoutStrings(rule: string): string {
  return rule.replace(/"[^"]*"/g, '""');
}

// Parses the structure of nft's language: tables, and in them chains, sets and maps, as lines. Used for files and for
// listings. The content of the blocks is parsed by table.ts for our own tables and by listing.ts for everybody's.

export interface Statement {
  /** Index of its line. */
  line: number;
  /** The line without comments and indentation. */
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
  /** Lines of the table outside of its blocks. */
  statements: Statement[];
}

export interface Blocks {
  tables: TableBlocks[];
  /** Lines outside of all tables, and `include` lines anywhere. */
  outside: Statement[];
}

/** Never throws: lines that it does not know are among the statements. */
export function readBlocks(text: string): Blocks {
  const blocks: Blocks = { tables: [], outside: [] };
  let table: TableBlocks | undefined;
  let block: Block | undefined;
  let isListing = false; // Within `elements = {`, whose end may be a line with only a brace.
  let depth = 0; // Depth of braces in a block of an unknown kind.
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

/** The number of opening braces minus that of closing ones. */
function braces(code: string): number {
  const bare = withoutStrings(code);
  return bare.split('{').length - bare.split('}').length;
}

/** A `#` in a string begins no comment. */
function withoutComment(line: string): string {
  return line.includes('#') ? (line.match(/^(?:"[^"]*"|[^"#])*/)?.[0] ?? '').trimEnd() : line.trimEnd();
}

/** Removes the strings of a rule: a guest may be called "meta priority set 1:10". */
export function withoutStrings(rule: string): string {
  return rule.replace(/"[^"]*"/g, '""');
}

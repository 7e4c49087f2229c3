// Types for the parser and the compiler of the `toml` package, which its own types do not declare. They are used directly,
// because only the syntax tree between them has the place of each key and value. Both are CommonJS modules, so they have
// default exports only.

declare module 'toml/lib/parser.js' {
  /** `offset` counts UTF-16 units from the start of the text. */
  export type Node =
    | { type: 'ObjectPath' | 'ArrayPath'; value: string[]; offset: number }
    | { type: 'Assign'; key: string[]; value: ValueNode; offset: number };

  export type ValueNode = { offset: number } & (
    | { type: 'String'; value: string }
    | { type: 'Integer'; value: bigint }
    | { type: 'Float'; value: number }
    | { type: 'Boolean'; value: boolean }
    | { type: 'Array'; value: ValueNode[] }
    | { type: 'InlineTable'; value: { key: string[]; value: ValueNode; offset: number }[] }
    | { type: 'Date'; value: Date }
    | { type: 'LocalDate' | 'LocalTime' | 'LocalDateTime'; value: string }
  );

  /** Throws Peggy's SyntaxError (`location.start.offset`, `found`) or an Error with `line` and `column`. */
  const parser: { parse(text: string): Node[] };
  export default parser;
}

declare module 'toml/lib/compiler.js' {
  import type { Node } from 'toml/lib/parser.js';

  /** Only called for TOML's rules of redefinition: throws an Error with `line` and `column`. */
  const compiler: { compile(nodes: Node[], text: string, options: { bigint: boolean }): unknown };
  export default compiler;
}

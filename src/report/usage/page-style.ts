// The style of the page: the fonts of the reader's system, and colours that can be told apart with colour blindness.

export const pageStyle = `
:root { --ground: #ffffff; --card: #f6f7f9; --ink: #1c2430; --soft: #5b6675; --line: #d9dee6; --out: #2563c9; --in: #e08a1e; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12161c; --card: #1b212a; --ink: #e8ecf2; --soft: #9aa7b8; --line: #333d4a; --out: #6ea8ff; --in: #f0b056; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 58rem; padding: 2rem 1.25rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0 0 .75rem; font-size: 1.15rem; overflow-wrap: anywhere; }
header p, footer { color: var(--soft); font-size: .875rem; }
header p { margin: .25rem 0 0; }
section, table.all { margin-top: 1.5rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
dl { display: flex; flex-wrap: wrap; gap: .75rem 2rem; margin: 0 0 1rem; }
dt { color: var(--soft); font-size: .8125rem; }
dd { margin: 0; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
i { display: inline-block; width: .65em; height: .65em; margin-right: .45em; border-radius: 2px; }
i.out { background: var(--out); } i.in { background: var(--in); }
svg { display: block; width: 100%; height: auto; }
svg .out { fill: var(--out); } svg .in { fill: var(--in); }
svg text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
svg line { stroke: var(--line); stroke-width: 1; }
details { margin-top: .75rem; font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
table.all { border-collapse: separate; border-spacing: 0; font-size: .9375rem; }
th, td { padding: .3rem .5rem; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; font-weight: 500; white-space: normal; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-weight: 500; font-size: .8125rem; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
footer { margin-top: 1.5rem; }
@media (max-width: 34rem) { table.all { display: block; overflow-x: auto; } }
@media print { body { max-width: none; padding: 0; } section { break-inside: avoid; } details { display: none; } }
`;

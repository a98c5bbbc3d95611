/** The style of the comparison's page, for light and dark, narrow screens and paper. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --text: #1c2126; --faint: #5a646e; --line: #d5dae0; --ground: #fff;
  --raised: #f4f6f8; --more: #b3261e; --less: #17693a; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ec; --faint: #9aa5b1; --line: #39424c;
  --ground: #14181c; --raised: #1d2329; --more: #ff8a80; --less: #7bd88f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; color: var(--text); background: var(--ground);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
code { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; }
p, ul { margin: .4rem 0; } .faint { color: var(--faint); } ul { padding-left: 1.2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th.left, td.left { text-align: left; } thead th { color: var(--faint); font-weight: 600; }
tbody th { font-weight: 400; font-family: ui-monospace, monospace; font-size: .92em; }
.more { color: var(--more); font-weight: 600; } .less { color: var(--less); font-weight: 600; }
details { margin: .4rem 0; border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .7rem; }
summary { cursor: pointer; } summary:focus-visible { outline: 2px solid var(--less); }
.outcome { background: var(--raised); border-radius: .4rem; padding: .6rem 1rem; }
svg { display: block; overflow: visible; } svg text { fill: var(--faint); font-size: 10px; text-anchor: middle; }
.axis { stroke: var(--faint); } .grid { stroke: var(--line); } .arrow { fill: currentColor; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
 .reach { stroke: currentColor; stroke-width: 2; } .mean { fill: currentColor; }
@media print { body { max-width: none; padding: 0; } details { border: 0; padding: 0; } }
`;

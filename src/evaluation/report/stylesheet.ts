/** Of the report: it follows the reader's colour scheme, and prints in black on white. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #fff; --text: #1b1f24; --faint: #5c6670; --line: #d5dae0; --axis: #edf0f3;
  --value: #4c7fb8; --interval: #1b1f24; --good: #14692d; --bad: #b3261e; --open: #7a5200;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181d; --text: #e4e8ec; --faint: #9aa5b1; --line: #343c45; --axis: #232a31;
    --value: #4c7fb8; --interval: #e4e8ec; --good: #6fcf8b; --bad: #ff8f86; --open: #e3b65c;
  }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --text: #000; --faint: #444; --line: #bbb; --axis: #eee;
    --interval: #000; --good: #14692d; --bad: #b3261e; --open: #7a5200;
  }
  section { break-inside: avoid; }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem;
  background: var(--page); color: var(--text);
  font: 0.95rem/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 0.5rem; border-bottom: 1px solid var(--line); }
h2 small, .note { color: var(--faint); font-size: 0.85rem; font-weight: normal; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.75rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 1rem 0.2rem 0; text-align: left; vertical-align: middle; white-space: nowrap; }
th { color: var(--faint); font-weight: 600; font-size: 0.85rem; }
tbody th { color: inherit; font-weight: inherit; font-size: inherit; }
tbody tr { border-top: 1px solid var(--line); }
.bar { display: block; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.axis { fill: var(--axis); }
.value { fill: var(--value); }
.interval { stroke: var(--interval); stroke-width: 1.5; fill: none; }
.verdicts { list-style: none; padding: 0; margin: 0.5rem 0; }
@media print {
  :root { font-size: 10.5px; }
  body { padding: 0; max-width: none; }
  .scroll { overflow: visible; }
  .bar { width: 120px; }
}
.helps { color: var(--good); } .hurts { color: var(--bad); } .open { color: var(--open); }
`;

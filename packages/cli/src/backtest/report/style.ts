/** The report's whole style: no outside fonts, colours that differ in lightness too, lines that differ in dashes too. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #fff; --text: #1b1f24; --soft: #57606a; --rule: #d8dee4; --panel: #f6f8fa;
  --ours: #0550ae; --observed: #bc4c00; --peer-one: #6e7781; --peer-two: #8250df; --policy: #116329;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --text: #e6edf3; --soft: #9198a1; --rule: #30363d; --panel: #161b22;
    --ours: #6cb6ff; --observed: #f69d50; --peer-one: #9198a1; --peer-two: #dcbdfb; --policy: #6bc46d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0.5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.5rem; padding-top: 1rem; border-top: 1px solid var(--rule); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 0 0 0.5rem; }
p, figcaption, dd { max-width: 44rem; }
.lead, figcaption { color: var(--soft); }
figcaption { font-size: 0.875rem; }
.plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); align-items: start; }
figure { margin: 0; padding: 0.75rem; min-width: 0; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; }
figure > svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
svg text.label { fill: var(--text); font-weight: 600; }
.grid { stroke: var(--rule); stroke-width: 1; }
.axis { stroke: var(--soft); stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.ours { stroke: var(--ours); }
.line.observed { stroke: var(--observed); stroke-dasharray: 5 2; }
.line.peer-one { stroke: var(--peer-one); stroke-dasharray: 2 3; }
.line.peer-two { stroke: var(--peer-two); stroke-dasharray: 7 3; }
.line.reference { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3; }
.whisker { stroke: var(--ours); stroke-width: 1.5; }
.dot { stroke: var(--panel); stroke-width: 1; }
.dot.ours { fill: var(--ours); }
.dot.policy { fill: var(--policy); }
.legend { list-style: none; margin: 0.25rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; font-size: 0.875rem; }
.legend li { display: flex; align-items: center; gap: 0.4rem; min-width: 0; overflow-wrap: anywhere; }
.key { flex: none; width: 24px; height: 10px; }
details tbody th { min-width: 0; }
details { margin-top: 0.5rem; font-size: 0.875rem; }
summary { cursor: pointer; }
.scroll { overflow-x: auto; margin: 0.25rem 0 1rem; }
.scroll:focus-visible { outline: 2px solid var(--ours); }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.caption { font-size: 0.875rem; font-weight: 600; margin: 1.5rem 0 0; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; }
th:first-child { text-align: left; }
tbody th { font-weight: 400; min-width: min(12rem, 42vw); max-width: 18rem; white-space: normal; overflow-wrap: anywhere; }
dt { font-weight: 600; margin-top: 0.75rem; }
dd { margin: 0; }
`

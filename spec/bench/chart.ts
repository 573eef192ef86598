/** A table as an SVG: a bar for each row, a whisker for the spread, a mark for the target. */
import type { TableResult } from './run.js';

const WIDTH = 860;
const LABELS = 270;
const FIGURES = 130;
const ROW = 26;
const TOP = 58;

/** @param note one line below the bars */
export function chart({ title, baseline, rows }: TableResult, note: string): string {
  const all = [{ ...baseline, target: undefined }, ...rows];
  const most = Math.max(...all.map(({ highest, target = 0 }) => Math.max(highest, target)));
  const x = (ratio: number): number => LABELS + (ratio / most) * (WIDTH - LABELS - FIGURES);
  const bars = all.map(({ label, ratio, lowest, highest, target }, at) => {
    const y = TOP + at * ROW;
    const isMissed = target !== undefined && ratio > target;
    const kind = at === 0 ? 'base' : label.startsWith('ours') || target ? 'own' : 'other';
    const figure = `${ratio.toFixed(3)} (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
    return `<text x="${LABELS - 8}" y="${y + 13}" text-anchor="end">${escaped(label)}</text>
<rect class="${kind}" x="${LABELS}" y="${y}" width="${(x(ratio) - LABELS).toFixed(1)}" height="18"/>
<line class="spread" x1="${x(lowest).toFixed(1)}" x2="${x(highest).toFixed(1)}" y1="${y + 9}" y2="${y + 9}"/>
${target === undefined ? '' : `<line class="${isMissed ? 'missed' : 'met'}" x1="${x(target).toFixed(1)}" x2="${x(target).toFixed(1)}" y1="${y - 2}" y2="${y + 20}"/>\n`}<text x="${WIDTH - FIGURES + 8}" y="${y + 13}">${figure}</text>`;
  });
  const height = TOP + all.length * ROW + 30;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<style>
svg { background: #fff; font: 13px system-ui, sans-serif; }
.base { fill: #8a94a0; } .own { fill: #2f6fb5; } .other { fill: #c9a24a; }
.spread { stroke: #1b1f24; stroke-width: 1.5; } .met { stroke: #1a7f37; stroke-width: 3; }
.missed { stroke: #c0352b; stroke-width: 3; } .title { font-weight: 600; font-size: 15px; } .note { fill: #57606a; font-size: 11px; }
</style>
<text class="title" x="12" y="24">${escaped(title)}</text>
<text class="note" x="12" y="42">median of launches (lowest–highest); the upright mark is the target: green where it is met</text>
${bars.join('\n')}
<text class="note" x="12" y="${height - 10}">${escaped(note)}</text>
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

import { formatTime, type Table } from "./request.ts";

// Pixels. A page of GitHub is about 830 wide.
const WIDTH = 830;
const MARGIN = 20;
const BARS_X = 230;
const BARS_Y = 76;
const BARS_WIDTH = 440;
const ROW = 28;
const BAR_HEIGHT = 16;
/** How often a value can be as large as the median before its bar is cut. */
const LONGEST = 10;

// It has its own background, because a page and the system of its reader can have
// different colors.
const STYLE = `
    text { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .unit { fill: #59636e; }
    .card { fill: #ffffff; stroke: #d1d9e0; }
    .gap { fill: #ffffff; }
    .own { fill: #0969da; }
    .other { fill: #8c959f; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .unit { fill: #9198a1; }
      .card { fill: #0d1117; stroke: #3d444d; }
      .gap { fill: #0d1117; }
      .own { fill: #4493f8; }
      .other { fill: #6e7681; }
    }
  `;

/**
 * Draws the p50 of each row as a horizontal bar, as SVG. A bar that is far longer
 * than the others is cut, so that the others can be compared.
 */
export function drawChart({ title, unit, rows }: Table): string {
  const bars = Object.entries(rows).sort(([, a], [, b]) => a.p50 - b.p50)
    .map(([name, { p50 }]) => ({
      name,
      p50,
      label: `${formatTime(p50, unit)} ${unit}`,
    }));
  const limit = LONGEST * bars[bars.length >> 1].p50;
  const largest = bars.findLast(({ p50 }) => p50 <= limit)!.p50;
  const scale = BARS_WIDTH / largest * (bars.at(-1)!.p50 > limit ? 0.8 : 1);
  const height = BARS_Y + bars.length * ROW + MARGIN - (ROW - BAR_HEIGHT);
  const text = (x: number, y: number, content: string, kind = "") =>
    `<text${kind} x="${x}" y="${y}">${escapeText(content)}</text>`;
  const head = title[0].toUpperCase() + title.slice(1);
  const legend = `${
    unit === "ns" ? "Nanoseconds" : "Microseconds"
  }, p50; less is better. Blue: this module`;
  const values = bars.map(({ name, label }) => `${name}: ${label}`).join("; ");
  const lines = [
    `<title id="title">${escapeText(head)}</title>`,
    `<desc id="desc">${escapeText(`${legend}. ${values}.`)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${
      height - 1
    }" rx="6"/>`,
    text(MARGIN, 32, head, ' class="title"'),
    text(MARGIN, 55, legend, ' class="unit"'),
  ];
  for (const [i, { name, p50, label }] of bars.entries()) {
    const y = BARS_Y + i * ROW;
    const isCut = p50 > limit;
    const width = isCut ? BARS_WIDTH : Math.max(1, Math.round(p50 * scale));
    const end = BARS_X + width;
    const kind = /^(version|ping)/.test(name) ? "own" : "other";
    lines.push(
      text(MARGIN, y + 13, name),
      `<rect class="${kind}" x="${BARS_X}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
      text(end + 8, y + 13, isCut ? `${label} (cut)` : label),
    );
    if (isCut) {
      const path = `M${end - 40} ${y}h8l-6 ${BAR_HEIGHT}h-8z`;
      lines.push(`<path class="gap" d="${path}"/>`);
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">
  ${lines.join("\n  ")}
</svg>
`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

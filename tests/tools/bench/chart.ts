/** A bar of a chart. */
export interface Bar {
  name: string;
  value: number;
  /** The value and its unit, as it is written at the end of the bar. */
  label: string;
  /** Whether it is of this module. */
  isOwn: boolean;
}

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
 * Draws horizontal bars as SVG. The bar of a value that is far above the others is
 * cut, so that the others can be compared.
 *
 * @param title The first line.
 * @param unit The second line: what the values are.
 */
export function drawChart(title: string, unit: string, bars: Bar[]): string {
  const height = BARS_Y + bars.length * ROW + MARGIN - (ROW - BAR_HEIGHT);
  const size = `width="${WIDTH}" height="${height}"`;
  const frame = `width="${WIDTH - 1}" height="${height - 1}"`;
  const values = bars.map(({ value }) => value).sort((a, b) => a - b);
  const limit = LONGEST * values[values.length >> 1];
  const largest = values.findLast((value) => value <= limit)!;
  const longest = values.at(-1) === largest ? BARS_WIDTH : BARS_WIDTH * 0.8;
  const texts = bars.map(({ name, label }) => `${name}: ${label}`).join("; ");
  const lines = [
    `<title id="title">${escapeText(title)}</title>`,
    `<desc id="desc">${escapeText(`${unit}. ${texts}.`)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="card" x="0.5" y="0.5" ${frame} rx="6"/>`,
    `<text class="title" x="${MARGIN}" y="32">${escapeText(title)}</text>`,
    `<text class="unit" x="${MARGIN}" y="55">${escapeText(unit)}</text>`,
  ];
  for (const [i, { name, value, label, isOwn }] of bars.entries()) {
    const y = BARS_Y + i * ROW;
    const textY = y + BAR_HEIGHT - 3;
    const isCut = value > limit;
    const length = isCut ? BARS_WIDTH : value / largest * longest;
    const width = Math.max(1, Math.round(length));
    const end = BARS_X + width;
    const shape =
      `x="${BARS_X}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"`;
    const text = isCut ? `${label} (cut)` : label;
    lines.push(
      `<text x="${MARGIN}" y="${textY}">${escapeText(name)}</text>`,
      `<rect class="${isOwn ? "own" : "other"}" ${shape}/>`,
      `<text x="${end + 8}" y="${textY}">${escapeText(text)}</text>`,
    );
    if (isCut) {
      const path = `M${end - 40} ${y}h8l-6 ${BAR_HEIGHT}h-8z`;
      lines.push(`<path class="gap" d="${path}"/>`);
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">
  ${lines.join("\n  ")}
</svg>
`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

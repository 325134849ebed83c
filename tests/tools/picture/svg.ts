/**
 * Converts the screen of a terminal to an SVG image.
 *
 * @module
 */

import { widthOf } from "../../../src/cli/watch/_render.ts";

/** The size of a character in pixels. */
const CELL = { width: 10.2, height: 22 };
const MARGIN = 37;
/** The first line begins below the frame's title bar. */
const TOP = 58;
/** From the top of a line to the base of its letters. */
const BASE = 17;

/** The parameters of "Select Graphic Rendition" (ECMA-48) that are looks, in CSS. */
const LOOKS: Record<number, string> = {
  1: "font-weight: bold",
  2: "fill: #9198a1",
  31: "fill: #ff7b72",
  32: "fill: #56d364",
  33: "fill: #e3b341",
};

const STYLE = [
  `text { font: 17px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace }`,
  "text, rect { fill: #e6edf3 }",
  ".frame { fill: #0d1117; stroke: #3d444d }",
  ".title { fill: #9198a1; font-size: 13px; text-anchor: middle }",
  ...Object.entries(LOOKS).map(([code, css]) => `.s${code} { ${css} }`),
].join("\n");

/** The blocks that are drawn, because a font may not have them, and their heights. */
const BLOCKS = "▁▂▃▄▅▆▇█";
/** The blocks that are drawn as half-transparent, and how opaque they are. */
const SHADES: Record<string, number> = { "▒": 0.5, "▓": 0.75 };

/** What a screen reader says, and the title of the window. */
export interface Texts {
  readonly title: string;
  readonly description: string;
}

/**
 * Converts a screen.
 *
 * @param lines The lines with escape sequences, as `tmux capture-pane -e` prints
 * them: the look at the end of a line is that of the next one.
 * @param columns The columns of the terminal.
 */
export function toSvg(
  lines: readonly string[],
  columns: number,
  { title, description }: Texts,
): string {
  const width = round(columns * CELL.width + 2 * MARGIN);
  const height = TOP + lines.length * CELL.height + 20;
  const looks = new Set<number>();
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="description">${escape(description)}</desc>`,
    `<style>\n${STYLE}\n</style>`,
    `<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${
      height - 1
    }" rx="9"/>`,
    ...["#ff5f57", "#febc2e", "#28c840"].map((color, i) =>
      `<circle cx="${22 + 20 * i}" cy="21" r="6" fill="${color}"/>`
    ),
    `<text class="title" x="${width / 2}" y="26">${escape(title)}</text>`,
    ...lines.flatMap((line, row) =>
      lineElements(line, TOP + row * CELL.height, looks)
    ),
    "</svg>\n",
  ].join("\n");
}

/** Converts a line, and changes the look to that at its end. */
function lineElements(line: string, y: number, looks: Set<number>): string[] {
  let column = 0;
  const elements: string[] = [];
  // The odd parts are the parameters of escape sequences.
  // deno-lint-ignore no-control-regex
  for (const [i, part] of line.split(/\x1b\[([\d;]*)m/).entries()) {
    if (i % 2 === 1) {
      for (const code of part.split(";")) changeLook(looks, Number(code));
      continue;
    }
    // Each word has its own place, so that columns are straight in any font.
    for (const word of part.split(/(^ +| {2,}| +$|[▁-█▒▓])/)) {
      const width = widthOf(word);
      if (word.trim() !== "") {
        const names = [...looks].map((code) => `s${code}`).join(" ");
        const name = names && ` class="${names}"`;
        elements.push(element(word, MARGIN + column * CELL.width, y, name));
      }
      column += width;
    }
  }
  return elements;
}

function changeLook(looks: Set<number>, code: number): void {
  const kind = kindOf(code);
  for (const look of looks) {
    if (code === 0 || kindOf(look) === kind) looks.delete(look);
  }
  if (code in LOOKS) looks.add(code);
}

/** The kind of a look. It replaces, or its end removes, a look of the same kind. */
function kindOf(code: number): "weight" | "color" | undefined {
  if (code === 1 || code === 2 || code === 22) return "weight";
  return code >= 30 && code < 40 ? "color" : undefined;
}

function element(text: string, x: number, y: number, name: string): string {
  const width = round(widthOf(text) * CELL.width);
  const eighths = text in SHADES ? 8 : BLOCKS.indexOf(text) + 1;
  if (eighths === 0) {
    return `<text${name} x="${round(x)}" y="${
      y + BASE
    }" textLength="${width}" lengthAdjust="spacingAndGlyphs">${
      escape(text)
    }</text>`;
  }
  const height = 2 * eighths;
  const opacity = text in SHADES ? ` opacity="${SHADES[text]}"` : "";
  return `<rect${name}${opacity} x="${round(x)}" y="${
    y + BASE + 1 - height
  }" width="${width}" height="${height}"/>`;
}

function round(pixels: number): number {
  return Math.round(100 * pixels) / 100;
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

/** Escapes a text for XML, which has no escape for control characters. */
function escape(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character])
    .replace(/[^\P{C}]/gu, "\ufffd");
}

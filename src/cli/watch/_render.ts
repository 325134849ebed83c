/** The look of a part of a line: a parameter of "Select Graphic Rendition" (ECMA-48). */
export const Style = {
  PLAIN: 0,
  BOLD: 1,
  DIM: 2,
  RED: 31,
  GREEN: 32,
  YELLOW: 33,
} as const;

/** One of the numbers in {@linkcode Style}. */
export type Style = typeof Style[keyof typeof Style];

/** A part of a line, of printable characters only. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** A line of a screen. */
export type Line = readonly Span[];

/** Returns a span without a style. */
export function plain(text: string): Span {
  return { text, style: Style.PLAIN };
}

const segmenter = new Intl.Segmenter();

/**
 * The characters that take two columns: wide and fullwidth by their
 * East_Asian_Width, a property that regular expressions do not have.
 *
 * @see {@link https://www.unicode.org/reports/tr11/ UAX #11}
 */
const WIDE =
  /^[\p{Emoji_Presentation}\u{1100}-\u{115f}\u{2329}\u{232a}\u{2e80}-\u{303e}\u{3041}-\u{3247}\u{3250}-\u{4dbf}\u{4e00}-\u{a4cf}\u{a960}-\u{a97c}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6b}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\ufe0f/u;

const isAscii = (text: string) => /^[ -~]*$/.test(text);

/** Returns how many columns a terminal uses for a text of printable characters. */
export function widthOf(text: string): number {
  if (isAscii(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    width += WIDE.test(segment) ? 2 : 1;
  }
  return width;
}

/** The look of a terminal. */
export interface Look {
  readonly columns: number;
  readonly hasColor: boolean;
  /** Whether it shows more than ASCII. */
  readonly isUnicode: boolean;
}

/** Returns a text for a terminal that shows only ASCII. */
export function toAscii(text: string): string {
  return text.replace(/[^ -~]/gu, "?");
}

/**
 * Returns the text of a line for a terminal. If the line has more columns, the
 * last one shows that it is cut.
 */
export function render(
  line: Line,
  { columns, hasColor, isUnicode }: Look,
): string {
  const spans = isUnicode
    ? line
    : line.map(({ text, style }) => ({ text: toAscii(text), style }));
  return cut(spans, columns, isUnicode).map(({ text, style }) =>
    hasColor && style !== Style.PLAIN && text !== ""
      ? `\x1b[${style}m${text}\x1b[0m`
      : text
  ).join("");
}

/** Returns the beginning of a line that fits, and a mark if that is not all. */
export function cut(line: Line, columns: number, isUnicode: boolean): Line {
  const text = line.map(({ text }) => text).join("").trimEnd();
  if (widthOf(text) <= columns) return line;
  let room = columns - 1;
  const kept: Span[] = [];
  for (const { text, style } of line) {
    const part = takeColumns(text, room);
    kept.push({ text: part, style });
    room -= widthOf(part);
    if (part !== text) break;
  }
  return columns > 0 ? [...kept, plain(isUnicode ? "…" : ">")] : [];
}

/** Returns the beginning of a text that fits into the columns. */
function takeColumns(text: string, columns: number): string {
  if (isAscii(text)) return text.slice(0, Math.max(0, columns));
  let part = "";
  for (const { segment } of segmenter.segment(text)) {
    if (widthOf(part + segment) > columns) break;
    part += segment;
  }
  return part;
}

/** How a part of a line looks, by its number in "Select Graphic Rendition" of ECMA-48. */
export const Style = {
  Plain: 0,
  Bold: 1,
  Dim: 2,
  Red: 31,
  Green: 32,
  Yellow: 33,
} as const;

/** One of the numbers in {@linkcode Style}. */
export type Style = typeof Style[keyof typeof Style];

/** A part of a line, printable characters only. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** A line of a screen. */
export type Line = readonly Span[];

export function plain(text: string): Span {
  return { text, style: Style.Plain };
}

/** The line as a terminal takes it, cut where it would be wider than `width`. */
export function render(line: Line, width: number, hasColor: boolean): string {
  let room = width;
  let rendered = "";
  for (const { text, style } of line) {
    const part = text.slice(0, room);
    room -= part.length;
    rendered += hasColor && style !== Style.Plain && part !== ""
      ? `\x1b[${style}m${part}\x1b[0m`
      : part;
  }
  return rendered;
}

/**
 * The text with nothing left in it that a terminal obeys or hides: control and
 * format characters are written as JavaScript escapes them.
 */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

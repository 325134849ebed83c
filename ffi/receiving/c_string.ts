const encoder = new TextEncoder();

/** A string as C takes it, in UTF-8 with its terminator; it must hold no NUL. */
export function cString(text: string): ReturnType<TextEncoder["encode"]> {
  return encoder.encode(`${text}\0`);
}

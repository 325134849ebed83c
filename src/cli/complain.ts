import { escapeControls } from "./escape_controls.ts";

/** Says something on stderr, and is content where nobody reads that. */
export function complain(message: string): void {
  try {
    console.error(message.split("\n").map(escapeControls).join("\n"));
  } catch {
    // Older releases throw where a pipe is broken.
  }
}

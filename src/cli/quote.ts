import { escapeControls } from "./escape_controls.ts";

/** What somebody wrote, so that a message can show it on one line. */
export function quote(written: string): string {
  return escapeControls(JSON.stringify(written));
}

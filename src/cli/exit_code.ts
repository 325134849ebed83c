/** How a command ends, for scripts; `--help` says it to people. */
export const ExitCode = {
  /** It did what it was asked for; of a beat: it was sent. */
  Done: 0,
  /** The last beat was dropped, by something that passes. */
  Dropped: 1,
  /** The command line says what cannot be. */
  Usage: 2,
  /** Something must be mended first. */
  Failed: 3,
} as const;

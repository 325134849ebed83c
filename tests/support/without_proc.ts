import { hasProgram } from "./process.ts";

/** Runs a command in a mount namespace without /proc. */
export const WITHOUT_PROC = [
  "unshare",
  ...["--mount", "sh", "-c", 'umount --lazy /proc && exec "$@"', "sh"],
];

/** The reason why {@linkcode WITHOUT_PROC} does not work, if there is one. */
export const cannotLeaveProc: string | undefined =
  hasProgram(WITHOUT_PROC[0], ...WITHOUT_PROC.slice(1), "true")
    ? undefined
    : "/proc cannot be unmounted";

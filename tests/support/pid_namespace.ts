import { hasProgram } from "./process.ts";

/** Runs a command as pid 1 of a pid namespace, as a container does. */
export const AS_PID_1 = [
  "unshare",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
];

/** Runs a command below a shell that is pid 1 of a pid namespace. */
export const IN_PID_NAMESPACE = [
  ...AS_PID_1,
  "sh",
  "-c",
  '"$@"; exit $?',
  "sh",
];

/** The reason why there can be no pid namespace, if there is one. */
export const noPidNamespace: string | undefined =
  hasProgram(AS_PID_1[0], ...AS_PID_1.slice(1), "true")
    ? undefined
    : "unshare cannot create a pid namespace here";

/** A result of `check`. */
export interface Finding {
  /** Whether it keeps beats from being counted: `warn` means that it might. */
  readonly level: "ok" | "warn" | "fail";
  /** What was checked. */
  readonly check: Check;
  readonly message: string;
  /** What to do. */
  readonly advice?: string;
}

/** What `check` checks. */
export type Check =
  | "socket"
  | "receiver"
  | "observer"
  | "namespace"
  | "metrics"
  | "beat"
  | "user"
  | "pid"
  | "summary";

const finding =
  (level: Finding["level"]) =>
  (check: Check, message: string, advice?: string): Finding => ({
    level,
    check,
    message,
    advice,
  });

export const ok = finding("ok");
export const warn = finding("warn");
export const fail = finding("fail");

/** Returns the finding for a check that `check` had no permission for. */
export function leftOut(check: Check, what: string, flag: string): Finding {
  const message = `${what} was not checked, because a permission is missing`;
  return warn(check, message, `run again with ${flag}`);
}

/** Whether a permission is granted. It is never requested, which would ask the user. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** What to do if a process has pid 1. */
export const USE_INIT =
  "run the container with an init (docker run --init, or shareProcessNamespace in Kubernetes)";

/** What to do if the pid namespaces differ. */
export const SHARE_NAMESPACE =
  "run both in one pid namespace, for example in one container, with --pid=host or hostPID for both, or in a Pod with shareProcessNamespace";

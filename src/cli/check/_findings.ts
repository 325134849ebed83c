import type { VlpVersion } from "../../frame/frame.ts";
import { quote } from "../_text.ts";

/** A result of `check`. */
export interface Finding {
  /** Whether it keeps beats from being counted: `warn` means that it might. */
  readonly level: "ok" | "warn" | "fail";
  /** What was checked. */
  readonly check:
    | "socket"
    | "receiver"
    | "user"
    | "pid"
    | "namespace"
    | "observer"
    | "metrics"
    | "beat";
  readonly message: string;
  /** What to do. */
  readonly advice?: string;
}

/** What to do if a process has pid 1. */
export const USE_INIT =
  "run the container with an init (docker run --init, or shareProcessNamespace in Kubernetes)";

/** What to do if the pid namespaces differ. */
export const SHARE_NAMESPACE =
  "run both in one pid namespace, for example in one container, with --pid=host or hostPID for both, or in a Pod with shareProcessNamespace";

/** Returns the finding for a check that `check` had no permission for. */
export function leftOut(
  check: Finding["check"],
  what: string,
  flag: string,
): Finding {
  return {
    level: "warn",
    check,
    message: `${what} was not checked, because a permission is missing`,
    advice: `run again with ${flag}`,
  };
}

/** What `stat` says about a file. */
export type FileInfo = Pick<
  Deno.FileInfo,
  | "isBlockDevice"
  | "isCharDevice"
  | "isDirectory"
  | "isFifo"
  | "isSocket"
  | "mode"
  | "uid"
>;

/** Returns the finding for the file at the path of a socket. */
export function fileFinding(path: string, file: FileInfo): Finding {
  if (file.isSocket) {
    return {
      level: "ok",
      check: "socket",
      message: `${quote(path)} is a socket of ${ownerOf(file)}`,
    };
  }
  return {
    level: "fail",
    check: "socket",
    message: `${quote(path)} is ${typeOf(file)}, not a socket`,
    advice: "correct the path",
  };
}

function ownerOf({ uid, mode }: FileInfo): string {
  return `uid ${uid} with mode 0${((mode ?? 0) & 0o777).toString(8)}`;
}

function typeOf(file: FileInfo): string {
  if (file.isDirectory) return "a directory";
  if (file.isFifo) return "a FIFO";
  if (file.isCharDevice || file.isBlockDevice) return "a device";
  return "a file";
}

/** Returns the finding for a path at which there is no file. */
export function noFileFinding(path: string): Finding {
  return {
    level: "fail",
    check: "socket",
    message: `there is no file at ${quote(path)}`,
    advice: "start the observer, or correct the path",
  };
}

/**
 * Returns the finding for the error of a `connect`.
 *
 * @param file The file at the path, if it is known.
 * @param uid The user id of this process, if it is known.
 */
export function connectFinding(
  path: string,
  error: Error & { readonly code?: string },
  file: FileInfo | undefined,
  uid: number | null,
): Finding {
  const fail = (message: string, advice?: string): Finding => ({
    level: "fail",
    check: "receiver",
    message,
    advice,
  });
  switch (error.code) {
    case "ENOENT":
      return noFileFinding(path);
    case "ECONNREFUSED":
      return fail(
        `nothing receives at ${quote(path)}`,
        "start the observer (one that was killed leaves its socket), or correct the path",
      );
    case "EPROTOTYPE":
      return fail(
        `the socket at ${quote(path)} is not a datagram socket`,
        "correct the path, because an observer's socket is a datagram socket",
      );
    case "EACCES":
    case "EPERM":
      return fail(
        `this process${
          uid === null ? "" : `, with uid ${uid},`
        } has no permission to send to ${quote(path)}${
          file?.isSocket ? `, a socket of ${ownerOf(file)}` : ""
        }`,
        "run it as the observer's user, or make the socket writable and its directories searchable",
      );
    default:
      return fail(error.message);
  }
}

/**
 * Returns the finding for the user of this process.
 *
 * @param observerUid The user id of the observer.
 * @param version The observer's release, if it is known.
 */
export function userFinding(
  uid: number,
  observerUid: number,
  version: string | undefined,
): Finding {
  if (uid === observerUid) {
    return {
      level: "ok",
      check: "user",
      message: `this process and the observer have uid ${uid}`,
    };
  }
  const protocol = protocolFor(version);
  return {
    level: protocol === undefined ? "warn" : protocol === 1 ? "ok" : "fail",
    check: "user",
    message:
      `this process has uid ${uid}, and the observer ${observerUid}; varta-watch 0.2.0 rejects beats from another uid, 0.1.0 counts them`,
    advice: "run this process as the observer's user",
  };
}

/**
 * Returns the finding for the pid of this process.
 *
 * @param protocol The version of the protocol, if it is known.
 * @param firstProgram The program that has pid 1 here, if it is known.
 */
export function pidFinding(
  pid: number,
  protocol: VlpVersion | undefined,
  firstProgram: string | undefined,
): Finding {
  if (pid === 1 && protocol !== 1) {
    return {
      level: protocol === 2 ? "fail" : "warn",
      check: "pid",
      message:
        "this process has pid 1, with which version 2 of the protocol has no beats",
      advice: USE_INIT,
    };
  }
  // An agent may be the entrypoint of the container in which check was started.
  if (firstProgram === "deno" && protocol !== 1) {
    return {
      level: "warn",
      check: "pid",
      message:
        `this process has pid ${pid}, but a deno has pid 1, with which version 2 of the protocol has no beats`,
      advice: `if that one is the agent, ${USE_INIT}`,
    };
  }
  return {
    level: "ok",
    check: "pid",
    message: `this process has pid ${pid}`,
  };
}

/** What `/proc` shows about the process that receives at a socket. */
export interface Inspection {
  /** The pid namespace of this process. */
  readonly namespace: string;
  /** Whether `/proc/net/unix` has the socket. */
  readonly isListed: boolean;
  /** The observer, if it was found. */
  readonly observer?: ObserverProcess;
  /** How many processes could not be inspected. */
  readonly hidden: number;
  /** The name of the program with pid 1. */
  readonly firstProgram?: string;
}

/** The process of an observer. */
export interface ObserverProcess {
  readonly pid: number;
  readonly uid: number | null;
  readonly namespace?: string;
  /** The path of its program. */
  readonly program?: string;
  /** Its release. */
  readonly version?: string;
}

/** Returns the finding for the pid namespaces of this process and the observer. */
export function namespaceFinding(
  { namespace, isListed, observer, hidden }: Inspection,
): Finding {
  const finding = (
    level: Finding["level"],
    message: string,
    advice?: string,
  ): Finding => ({ level, check: "namespace", message, advice });

  if (observer?.namespace === namespace) {
    return finding("ok", "this process and the observer share a pid namespace");
  }
  if (observer?.namespace !== undefined || isListed && !observer && !hidden) {
    return finding(
      "fail",
      "the observer is in another pid namespace, in which this process has another pid, and rejects each beat",
      SHARE_NAMESPACE,
    );
  }
  if (isListed) {
    return finding(
      "warn",
      `the observer's pid namespace is unknown: ${
        observer
          ? `process ${observer.pid} could not be inspected`
          : `it is none of the processes that could be inspected, and ${hidden} could not`
      }`,
      "run check as root, or as the observer's user",
    );
  }
  return finding(
    "warn",
    "the observer's process is unknown: it is in another network namespace, such as another container, or knows its socket by another path",
    `if that is so, ${SHARE_NAMESPACE}`,
  );
}

/** Returns the finding for the program of the observer. */
export function observerFinding(
  { pid, program, version }: ObserverProcess,
  protocol: VlpVersion | undefined,
): Finding {
  const name = `the observer is ${
    program === undefined ? "unknown" : quote(program)
  }, pid ${pid}`;
  if (version === undefined) {
    return {
      level: "ok",
      check: "observer",
      message: `${name}, version unknown`,
    };
  }
  const expected = protocolFor(version);
  const isWrong = protocol !== undefined && protocol !== expected;
  return {
    level: isWrong ? "fail" : "ok",
    check: "observer",
    message:
      `${name}, version ${version}, which counts version ${expected} of the protocol`,
    advice: protocol === expected
      ? undefined
      : `connect with { version: ${expected} }`,
  };
}

/** Returns the version of the protocol that a release of varta-watch counts. */
export function protocolFor(release: string): VlpVersion;
export function protocolFor(release?: string): VlpVersion | undefined;
export function protocolFor(release?: string): VlpVersion | undefined {
  if (release === undefined) return undefined;
  return release.startsWith("0.1.") ? 1 : 2;
}

/** What happened to a beat of `check`. */
export interface Trial {
  readonly version: VlpVersion;
  readonly result:
    | { readonly kind: "counted" }
    | { readonly kind: "rejected"; readonly causes: readonly Cause[] }
    | { readonly kind: "failed"; readonly message: string };
}

/** Why an observer rejected a beat. */
export interface Cause {
  /** The counter that increased. */
  readonly counter: string;
  readonly message: string;
  readonly advice: string;
}

/**
 * Returns the findings for beats of `check`, each in another version of the
 * protocol than the one before.
 *
 * @param protocol The version that the user asked for, if any.
 */
export function beatFindings(
  pid: number,
  protocol: VlpVersion | undefined,
  trials: readonly Trial[],
): Finding[] {
  const last = trials[trials.length - 1];
  if (last.result.kind !== "counted") {
    const shown = protocol === undefined ? [last] : trials;
    return shown.flatMap((trial) => rejectionFindings(trial));
  }
  const { version } = last;
  if (protocol !== undefined && protocol !== version) {
    return [{
      level: "fail",
      check: "beat",
      message:
        `the observer counts version ${version} of the protocol, and rejects version ${protocol}`,
      advice: `connect with { version: ${version} }`,
    }];
  }
  return [{
    level: "ok",
    check: "beat",
    message:
      `the observer counted a beat of version ${version} from this process; it will report pid ${pid} as stalled, because check ends now`,
    advice: protocol === undefined
      ? `connect with { version: ${version} }`
      : undefined,
  }];
}

function rejectionFindings({ version, result }: Trial): Finding[] {
  const beat = `a beat of version ${version}`;
  if (result.kind === "counted") return [];
  if (result.kind === "failed") {
    return [{
      level: "fail",
      check: "beat",
      message: `${beat}: ${result.message}`,
    }];
  }
  if (result.causes.length === 0) {
    return [{
      level: "fail",
      check: "beat",
      message:
        `the observer did not count ${beat} from this process, and no counter says why`,
      advice:
        "make sure that the metrics are those of this observer, and run check again, because an earlier process with the same pid may have sent higher nonces",
    }];
  }
  return result.causes.map(({ counter, message, advice }) => ({
    level: "fail",
    check: "beat",
    message: `the observer did not count ${beat}: ${message} (${counter})`,
    advice,
  }));
}

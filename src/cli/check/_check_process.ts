import type { VlpVersion } from "../../frame/frame.ts";
import { quote } from "../_text.ts";
import {
  fail,
  type Finding,
  leftOut,
  ok,
  SHARE_NAMESPACE,
  USE_INIT,
  warn,
} from "./_finding.ts";

/** What `/proc` shows about the processes that this one sees. */
export interface Inspection {
  /** The name of the program with pid 1, if that is not the observer. */
  readonly firstProgram?: string;
  /** The process that receives at the socket, if it was found. */
  readonly observer?: ObserverProcess;
  /** How many processes could not be inspected. */
  readonly hidden: number;
}

/** The process of an observer. */
export interface ObserverProcess {
  readonly pid: number;
  readonly uid: number;
  /** The path of its program. */
  readonly program: string;
  /** Whether this process has the same pid namespace. */
  readonly isInNamespace: boolean;
  /** Whether a signal or a debugger has stopped it. */
  readonly isStopped: boolean;
}

/**
 * Checks the process that receives at a socket, and its pid namespace.
 *
 * @param inode The inode of the socket, if it is known.
 */
export function* checkProcess(
  inode: number | undefined,
): Generator<Finding, Inspection | undefined> {
  let inspection: Inspection;
  try {
    inspection = inspectProcesses(inode);
  } catch (error) {
    const what = "the observer's process and pid namespace";
    yield error instanceof Deno.errors.NotCapable
      ? leftOut("observer", what, "-A")
      : warn(
        "observer",
        `${what} were not checked: ${(error as Error).message}`,
        `if the namespaces differ, ${SHARE_NAMESPACE}`,
      );
    return undefined;
  }
  const { observer, hidden } = inspection;
  if (observer) {
    const { pid, program, isStopped } = observer;
    const name = `the observer is ${quote(program)} with pid ${pid}`;
    yield isStopped
      ? fail(
        "observer",
        `${name}, and is stopped`,
        `continue it (kill -CONT ${pid}), or start it again`,
      )
      : ok("observer", name);
  }
  yield observer?.isInNamespace
    ? ok("namespace", "this process and the observer share a pid namespace")
    : observer || hidden === 0
    ? fail(
      "namespace",
      "the observer is in another pid namespace, in which this process has another pid, and rejects each beat",
      SHARE_NAMESPACE,
    )
    : warn(
      "namespace",
      `the observer's pid namespace is unknown: it is none of the processes that could be inspected, and ${hidden} could not`,
      "run check as root, or as the observer's user",
    );
  return inspection;
}

/**
 * Returns the finding for the pid of this process.
 *
 * @param version The version of the protocol that the agent uses.
 * @param firstProgram The name of the program with pid 1, if it may be the agent.
 */
export function pidFinding(
  version: VlpVersion,
  firstProgram: string | undefined,
): Finding {
  const { pid } = Deno;
  const hasNoBeats =
    "has pid 1, with which version 2 of the protocol has no beats";
  if (version === 2 && pid === 1) {
    return fail("pid", `this process ${hasNoBeats}`, USE_INIT);
  }
  // An agent may be the entrypoint of the container in which check was started.
  if (version === 2 && firstProgram === "deno") {
    return warn(
      "pid",
      `this process has pid ${pid}, but a deno ${hasNoBeats}`,
      `if that one is the agent, ${USE_INIT}`,
    );
  }
  return ok("pid", `this process has pid ${pid}`);
}

/**
 * Inspects the processes that this one sees, to find the one that holds a socket.
 *
 * @throws {Deno.errors.NotCapable} If Deno may not read `/proc`, for which it
 * needs `--allow-all`.
 * @throws {Error} If the system does not have `/proc`, or does not tell the inode.
 */
function inspectProcesses(inode: number | undefined): Inspection {
  const namespace = Deno.readLinkSync("/proc/self/ns/pid");
  if (inode === undefined) {
    throw new Error("the kernel does not tell whose socket it is (sock_diag)");
  }
  const pids = Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name))
    .filter(Number.isInteger);
  // With the mount option hidepid, the processes of other users are not there.
  let hidden = pids.includes(1) ? 0 : 1;
  let firstProgram: string | undefined;
  let observer: ObserverProcess | undefined;
  for (const pid of pids) {
    try {
      if (pid === 1) {
        firstProgram = Deno.readTextFileSync("/proc/1/comm").trim();
      }
      // A manager that has opened the socket for the observer holds it as well.
      if ((observer?.pid ?? 1) === 1 && holds(pid, `socket:[${inode}]`)) {
        observer = describeProcess(pid, namespace);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      if (error instanceof Deno.errors.PermissionDenied) hidden++;
      // Otherwise the process has ended.
    }
  }
  if (observer?.pid === 1) firstProgram = undefined;
  return { firstProgram, observer, hidden };
}

function holds(pid: number, target: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return Array.from(Deno.readDirSync(folder)).some(({ name }) => {
    try {
      return Deno.readLinkSync(`${folder}/${name}`) === target;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false; // It was closed.
      throw error;
    }
  });
}

function describeProcess(pid: number, namespace: string): ObserverProcess {
  const folder = `/proc/${pid}`;
  const status = Deno.readTextFileSync(`${folder}/status`);
  return {
    pid,
    // The effective user id: the second one.
    uid: Number(/^Uid:\t\d+\t(\d+)/m.exec(status)![1]),
    program: Deno.readLinkSync(`${folder}/exe`),
    isInNamespace: Deno.readLinkSync(`${folder}/ns/pid`) === namespace,
    isStopped: /^State:\t[Tt]/m.test(status),
  };
}

import { escapeControls } from "../_text.ts";
import type { Agent } from "./_roster.ts";

/** The time after which a name is read again, in ms: a process can change it. */
const MAX_AGE = 10_000;

/** How many names are read at a time. */
const MAX_READS = 16;

/**
 * Reads the names of processes in `/proc`, if that is granted, and never asks for
 * it. Every release of Deno until now grants it with `--allow-all` only.
 *
 * @see {@link https://man7.org/linux/man-pages/man5/proc_pid_comm.5.html proc_pid_comm(5)}
 */
export class ProcessNames {
  #isGranted = isGranted({ name: "read", path: "/proc" });
  #reads = 0;

  /** Reads the name of an agent, unless it is new enough. Does not wait for it. */
  refresh(agent: Agent, now: number): void {
    if (
      !this.#isGranted || this.#reads >= MAX_READS ||
      now - agent.nameAt < MAX_AGE
    ) return;
    agent.nameAt = now;
    this.#reads++;
    this.#read(agent);
  }

  async #read(agent: Agent): Promise<void> {
    try {
      const comm = await Deno.readTextFile(`/proc/${agent.pid}/comm`);
      agent.name = escapeControls(comm.trimEnd());
    } catch (error) {
      // Otherwise the process has ended, or the system has no such files.
      if (error instanceof Deno.errors.NotCapable) this.#isGranted = false;
    } finally {
      this.#reads--;
    }
  }
}

/** Returns an environment variable; `undefined` also if Deno may not read it. */
export function readVariable(variable: string): string | undefined {
  return isGranted({ name: "env", variable })
    ? Deno.env.get(variable)
    : undefined;
}

// A permission is never requested, because that would ask the user.
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

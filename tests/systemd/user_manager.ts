import { assert } from "@std/assert";
import { hasProgram, isEmulated } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { exists, until } from "../support/until.ts";

const SYSTEMD = "/lib/systemd/systemd";
const SCRIPT = new URL("./user_manager.sh", import.meta.url).pathname;

/** Where cgroup2 is mounted, if it is. */
function findCgroups(): string | undefined {
  return /^\S+ (\S+) cgroup2 /m.exec(Deno.readTextFileSync("/proc/mounts"))
    ?.[1];
}

/** Why no user manager can be started here, if so. */
export function reasonAgainstUserManager(): string | undefined {
  if (Deno.build.os !== "linux") return "systemd runs on Linux only";
  if (isEmulated) return "systemd does not run in an emulator";
  if (!exists(SYSTEMD)) return `there is no ${SYSTEMD}`;
  if (Deno.uid() !== 0) return "only root can make namespaces for systemd";
  const cgroups = findCgroups();
  if (cgroups === undefined) return "cgroup2 is not mounted";
  if (
    !hasProgram(
      "unshare",
      "--cgroup",
      "--mount",
      "mount",
      "-t",
      "tmpfs",
      "none",
      "/run",
    )
  ) {
    return "namespaces are not permitted";
  }
  const cgroup = `${cgroups}/varta-${crypto.randomUUID()}`;
  try {
    Deno.mkdirSync(cgroup);
  } catch {
    return "cgroup2 cannot be written to";
  }
  const canKill = exists(`${cgroup}/cgroup.kill`);
  Deno.removeSync(cgroup);
  return canKill ? undefined : "this kernel has no cgroup.kill";
}

/** A systemd user manager of its own, in its own cgroup and folder. */
export class UserManager implements AsyncDisposable {
  readonly folder = new TestFolder();
  readonly #cgroup = `${findCgroups()}/varta-${crypto.randomUUID()}`;
  readonly #env = {
    XDG_RUNTIME_DIR: this.folder.path,
    SYSTEMD_UNIT_PATH: this.folder.file("units"),
    SYSTEMD_PAGER: "",
  };
  readonly #process: Deno.ChildProcess;

  private constructor() {
    Deno.mkdirSync(this.#env.SYSTEMD_UNIT_PATH);
    for (const name of ["default.target", "basic.target"]) {
      this.#writeUnit(name, "[Unit]\nDefaultDependencies=no\n");
    }
    Deno.mkdirSync(this.#cgroup);
    this.#process = new Deno.Command("sh", {
      args: [SCRIPT, this.#cgroup],
      env: this.#env,
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  static async start(): Promise<UserManager> {
    const manager = new UserManager();
    await until(
      "the user manager is started",
      () => manager.systemctl("list-units").then(() => true, () => false),
    );
    return manager;
  }

  #writeUnit(name: string, text: string): void {
    Deno.writeTextFileSync(`${this.#env.SYSTEMD_UNIT_PATH}/${name}`, text);
  }

  /** Adds settings to a unit, before it is started. */
  configure(name: string, lines: string[]): void {
    Deno.mkdirSync(`${this.#env.SYSTEMD_UNIT_PATH}/${name}.d`);
    this.#writeUnit(`${name}.d/test.conf`, `${lines.join("\n")}\n`);
  }

  /** Adds a unit, and starts it without waiting until it is active. */
  async startUnit(name: string, text: string): Promise<void> {
    this.#writeUnit(name, text);
    await this.systemctl("daemon-reload");
    await this.systemctl("start", "--no-block", name);
  }

  /** Runs systemctl and returns what it prints. */
  async systemctl(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("systemctl", {
      args: ["--user", ...args],
      env: this.#env,
    }).output();
    const decoder = new TextDecoder();
    assert(success, decoder.decode(stderr));
    return decoder.decode(stdout);
  }

  /** Returns properties of a unit. */
  async show<Name extends string>(
    unit: string,
    ...names: Name[]
  ): Promise<Record<Name, string>> {
    const text = await this.systemctl("show", unit, `--property=${names}`);
    const lines = text.trimEnd().split("\n");
    const entries = lines.map((line) => /^(\w+)=(.*)$/.exec(line)!.slice(1));
    return Object.fromEntries(entries);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stdin.close();
    await this.#process.status;
    await until("the cgroup is removed", () => removeCgroup(this.#cgroup));
    this.folder[Symbol.dispose]();
  }
}

/** Removes a cgroup and those in it; returns false if a process is left. */
function removeCgroup(path: string): boolean {
  try {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) removeCgroup(`${path}/${name}`);
    }
    Deno.removeSync(path);
    return true;
  } catch {
    return !exists(path);
  }
}

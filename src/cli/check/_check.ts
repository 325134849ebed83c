import { unixAddress } from "../../../ffi/socket_address.ts";
import { system } from "../../../ffi/system.ts";
import { Varta } from "../../agent/varta.ts";
import type { VlpVersion } from "../../frame/frame.ts";
import { Status } from "../../frame/status.ts";
import { parseVersion } from "../_beat.ts";
import {
  type Arguments,
  type Command,
  ExitCode,
  UsageError,
  withArgument,
} from "../_command.ts";
import { invalidValue } from "../_parse_arguments.ts";
import { describeOutcome, escapeControls, print, quote } from "../_text.ts";
import {
  beatFindings,
  connectFinding,
  fileFinding,
  type FileInfo,
  type Finding,
  type Inspection,
  leftOut,
  namespaceFinding,
  observerFinding,
  pidFinding,
  protocolFor,
  type Trial,
  userFinding,
} from "./_findings.ts";
import {
  BAD_VERSION,
  causesOf,
  hasCounted,
  likelyVersion,
  type Metrics,
  MetricsError,
  type MetricsSource,
  readMetrics,
  readResult,
} from "./_metrics.ts";
import { inspectProcesses } from "./_proc.ts";

/** `check`: says whether an observer counts the beats of a process. */
export const checkCommand: Command = {
  name: "check",
  summary: "Say whether the observer at SOCKET counts beats that are sent.",
  positionals: ["SOCKET"],
  options: {
    protocol: {
      type: "string",
      value: "1|2",
      description: "The version that the agent uses. The default is either.",
    },
    metrics: {
      type: "string",
      value: "URL",
      description:
        "The observer's /metrics. check sends beats, and reads\nwhether the observer counts them.",
    },
    "token-file": {
      type: "string",
      value: "FILE",
      description: "The file with the token for URL (--prom-token-file).",
    },
    json: {
      type: "boolean",
      description: "Print one JSON object per line.",
    },
  },
  details: `\
Run it as the agent is run: as the same user, and in the same container. It
prints one line for each finding, ok, warn or fail, with what to do about it.

A beat that is sent is not always counted, and the observer does not answer. So
only --metrics proves it. Then check is an agent of its own: the observer reports
its pid as stalled afterwards, and runs its recovery command for it, if it has
one. To find the version, check may also send one beat that is rejected.

Deno permissions: --allow-ffi is needed. --allow-read is for the socket's owner,
--allow-sys=uid for this process's user, --allow-net for URL, and -A for the
observer's process and pid namespace. What a permission is missing for is left
out, and a warn line names it.

With --json each line is an object with level, check, message and, if there is
something to do, advice.

Exit codes:
  0  no finding is fail
  1  a finding is fail
  2  the command line is wrong`,
  example: "check /tmp/v.sock --metrics http://localhost:9100/metrics",
  permission: "-A",
  run: check,
};

interface Plan {
  readonly path: string;
  readonly protocol?: VlpVersion;
  readonly metrics?: URL;
  readonly tokenFile?: string;
}

async function check({ values, positionals }: Arguments): Promise<number> {
  const plan = planFor(values, positionals[0]);
  const format = values.json === true ? toJson : toLine;
  let code: number = ExitCode.DONE;
  for await (const finding of findProblems(plan)) {
    print(format(finding));
    if (finding.level === "fail") code = ExitCode.PROBLEM;
  }
  return code;
}

/** Returns a finding as JSON, with control characters that JSON allows escaped. */
function toJson(finding: Finding): string {
  return JSON.stringify(finding).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      Array.from(
        { length: character.length },
        (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
      ).join(""),
  );
}

function planFor(values: Arguments["values"], path: string): Plan {
  const { protocol, metrics, "token-file": tokenFile } = values as Record<
    string,
    string | undefined
  >;
  if (tokenFile !== undefined && metrics === undefined) {
    throw new UsageError("Cannot use --token-file without --metrics");
  }
  withArgument(() => unixAddress(path));
  return {
    path,
    protocol: protocol === undefined ? undefined : parseVersion(protocol),
    metrics: metrics === undefined ? undefined : parseUrl(metrics),
    tokenFile,
  };
}

function parseUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw invalidValue(
    "metrics",
    value,
    "a URL that begins with http: or https:",
  );
}

function toLine({ level, check, message, advice }: Finding): string {
  return escapeControls(
    `${level.padEnd(4)}  ${check.padEnd(9)}  ${message}${
      advice === undefined ? "" : `: ${advice}`
    }`,
  );
}

async function* findProblems(plan: Plan): AsyncGenerator<Finding> {
  const { path, protocol } = plan;
  const file = yield* statFile(path);
  if (file?.isSocket === false) return;

  const uid = isGranted({ name: "sys", kind: "uid" }) ? Deno.uid() : null;
  const receives = yield* connect(path, file, uid);
  const inspection = receives ? yield* inspect(path) : undefined;
  const observer = inspection?.observer;
  if (observer) yield observerFinding(observer, protocol);

  const observerUid = observer?.uid ?? file?.uid ?? null;
  if (uid === null) {
    yield leftOut("user", "the user of this process", "--allow-sys=uid");
  } else if (observerUid !== null) {
    yield userFinding(uid, observerUid, observer?.version);
  }
  yield pidFinding(
    Deno.pid,
    protocol ?? protocolFor(observer?.version),
    inspection?.firstProgram,
  );
  if (inspection) yield namespaceFinding(inspection);
  if (receives) yield* tryBeats(plan);
}

function* statFile(path: string): Generator<Finding, FileInfo | undefined> {
  if (!isGranted({ name: "read", path })) {
    yield leftOut("socket", "the file of the socket", `--allow-read=${path}`);
    return undefined;
  }
  try {
    const file = Deno.statSync(path);
    yield fileFinding(path, file);
    return file;
  } catch {
    // `connect` fails for the same reason.
    return undefined;
  }
}

/** Whether something receives at the path, if that can be told. */
function* connect(
  path: string,
  file: FileInfo | undefined,
  uid: number | null,
): Generator<Finding, boolean> {
  if (!isLibraryGranted()) {
    yield leftOut("receiver", "whether something receives", "--allow-ffi");
    return false;
  }
  try {
    // In version 1 a process with any pid can connect, and nothing is sent.
    Varta.connect(path, { version: 1 }).close();
  } catch (error) {
    yield connectFinding(path, error as Error, file, uid);
    return false;
  }
  yield {
    level: "ok",
    check: "receiver",
    message: "a process receives at the socket",
  };
  return true;
}

function* inspect(path: string): Generator<Finding, Inspection | undefined> {
  try {
    return inspectProcesses(path);
  } catch (error) {
    yield error instanceof Deno.errors.NotCapable
      ? leftOut("observer", "the observer's process and pid namespace", "-A")
      : {
        level: "warn",
        check: "observer",
        message: `the observer's process is unknown: ${
          (error as Error).message
        }`,
      };
    return undefined;
  }
}

async function* tryBeats(plan: Plan): AsyncGenerator<Finding> {
  const { path, protocol, metrics } = plan;
  if (metrics === undefined) {
    yield {
      level: "warn",
      check: "beat",
      message: "whether the observer counts a beat was not checked",
      advice: "run again with --metrics, or look for varta_beats_total",
    };
    return;
  }
  const token = yield* readToken(plan.tokenFile);
  if (token === null) return;
  const port = metrics.port || (metrics.protocol === "http:" ? 80 : 443);
  const host = `${metrics.hostname}:${port}`;
  if (!isGranted({ name: "net", host })) {
    yield leftOut(
      "beat",
      "whether the observer counts a beat",
      `--allow-net=${host}`,
    );
    return;
  }
  const source = { url: metrics.href, token };
  try {
    const trials = await tryVersions(path, protocol, source);
    yield* beatFindings(Deno.pid, protocol, trials);
  } catch (error) {
    if (!(error instanceof MetricsError)) throw error;
    const { message, advice } = error;
    yield { level: "fail", check: "metrics", message, advice };
  }
}

/** The largest file of a token that is read, in bytes. */
const MAX_TOKEN_FILE_LENGTH = 4096;

/** Returns the token, `undefined` if there is none, and `null` if it cannot be read. */
function* readToken(
  path: string | undefined,
): Generator<Finding, string | null | undefined> {
  if (path === undefined) return undefined;
  if (!isGranted({ name: "read", path })) {
    yield leftOut("metrics", "the token file", `--allow-read=${path}`);
    return null;
  }
  let problem: string;
  try {
    const { isFile, size } = Deno.statSync(path);
    // To read a FIFO that has no writer would block for good.
    if (!isFile || size > MAX_TOKEN_FILE_LENGTH) {
      throw new Error(
        `it is not a regular file of at most ${MAX_TOKEN_FILE_LENGTH} bytes`,
      );
    }
    const token = Deno.readTextFileSync(path).trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
    problem = "it does not hold a token, which is one word of ASCII";
  } catch (error) {
    problem = (error as Error).message;
  }
  yield {
    level: "fail",
    check: "metrics",
    message: `cannot use the token file ${quote(path)}: ${problem}`,
    advice: "pass the file of the observer's --prom-token-file",
  };
  return null;
}

/** Beats until a beat is counted, in the other version if the first is not read. */
async function tryVersions(
  path: string,
  protocol: VlpVersion | undefined,
  source: MetricsSource,
): Promise<Trial[]> {
  const metrics = await readMetrics(source);
  const first = protocol ?? likelyVersion(metrics);
  const trial = await tryVersion(path, first, source, metrics);
  if (!isBadVersion(trial)) return [trial];
  const other = first === 1 ? 2 : 1;
  const before = await readMetrics(source);
  return [trial, await tryVersion(path, other, source, before)];
}

function isBadVersion({ result }: Trial): boolean {
  return result.kind === "rejected" &&
    result.causes.some(({ counter }) => counter === BAD_VERSION);
}

async function tryVersion(
  path: string,
  version: VlpVersion,
  source: MetricsSource,
  before: Metrics,
): Promise<Trial> {
  const failed = (message: string): Trial => ({
    version,
    result: { kind: "failed", message },
  });
  try {
    using agent = Varta.connect(path, { version });
    // Not a terminal beat: varta-watch reports the pid as stalled even so, and
    // would ignore a later process with the same pid.
    const outcome = agent.beat(Status.Ok);
    if (outcome.kind !== "sent") return failed(describeOutcome(outcome));
  } catch (error) {
    return failed((error as Error).message);
  }
  const after = await readResult(source, before, Deno.pid);
  return {
    version,
    result: hasCounted(before, after, Deno.pid)
      ? { kind: "counted" }
      : { kind: "rejected", causes: causesOf(before, after) },
  };
}

// A permission is never requested, because that would ask the user.
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

function isLibraryGranted(): boolean {
  return isGranted({ name: "ffi" }) ||
    system.libraryPaths.some((path) => isGranted({ name: "ffi", path }));
}

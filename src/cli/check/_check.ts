import { unixAddress } from "../../../ffi/socket_address.ts";
import {
  type Arguments,
  type Command,
  ExitCode,
  UsageError,
  withArgument,
} from "../_command.ts";
import { invalidValue, parseVersion } from "../_parse_arguments.ts";
import { escapeControls, print } from "../_text.ts";
import { type BeatOptions, checkBeats } from "./_check_beats.ts";
import { checkProcess, pidFinding } from "./_check_process.ts";
import { checkSocket, checkUser } from "./_check_socket.ts";
import { type Check, fail, type Finding, ok, warn } from "./_finding.ts";

/** `check`: says whether an observer counts the beats of a process. */
export const checkCommand: Command = {
  name: "check",
  summary: "Say whether the observer at SOCKET counts beats that are sent.",
  positionals: ["SOCKET"],
  options: {
    protocol: {
      type: "string",
      value: "1|2",
      description:
        "The version that the agent uses. The default is 2, or with\n--metrics the one that the observer counts.",
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
    strict: {
      type: "boolean",
      description: "Exit with 1 also if a finding is warn.",
    },
    json: {
      type: "boolean",
      description: "Print one JSON object per line.",
    },
  },
  details: `\
Run it as the agent is run: as the same user, and in the same container. It
prints one line for each finding, ok, warn or fail, with what to do about it. The
last line sums up.

A beat that is sent is not always counted, and the observer does not answer. So
only --metrics proves it. Then check is an agent of its own: the observer reports
its pid as stalled afterwards, and runs its recovery command for it, if it has
one. To find the version, check may also send one beat that is rejected.

Deno permissions: --allow-ffi is needed. --allow-read is for the socket's owner,
--allow-sys=uid for this process's user, --allow-net for URL, and -A for the
observer's process and pid namespace. What a permission is missing for is left
out, and a warn line names it.

With --json each line is an object with level, check, message and, if there is
something to do, advice. The check of the last one is "summary".

Exit codes:
  0  no finding is fail; this proves that beats are counted only with --metrics
  1  a finding is fail, or with --strict warn
  2  the command line is wrong
  3  nothing was proven: without --allow-ffi, check cannot connect to SOCKET`,
  example: "check /tmp/v.sock --metrics http://127.0.0.1:9100/metrics",
  permission: "-A",
  run: check,
};

async function check({ values, positionals }: Arguments): Promise<number> {
  const options = optionsFor(values, positionals[0]);
  const show = (finding: Finding) =>
    print(values.json === true ? toJson(finding) : toText(finding));
  const findings: Finding[] = [];
  for await (const finding of findProblems(options)) {
    show(finding);
    findings.push(finding);
  }
  const summary = sumUp(findings, values.strict === true);
  show(summary);
  if (summary.level === "fail") return ExitCode.PROBLEM;
  return checksOf(findings, "ok").includes("receiver")
    ? ExitCode.DONE
    : ExitCode.FAILED;
}

function optionsFor(values: Arguments["values"], path: string): BeatOptions {
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
  // No message may show a password.
  if (url?.username || url?.password) {
    throw new UsageError(
      "Cannot use a URL with a user or a password for --metrics: pass the observer's token with --token-file",
    );
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw invalidValue(
    "metrics",
    value.replace(/[^/]*@/, "…@"),
    "a URL that begins with http: or https:",
  );
}

async function* findProblems(options: BeatOptions): AsyncGenerator<Finding> {
  const { path, protocol } = options;
  const socket = yield* checkSocket(path);
  if (socket === undefined) return;
  const { owner, receiver } = socket;
  const process = receiver && (yield* checkProcess(receiver.inode));
  const observer = process?.observer;
  const isReading = receiver?.hasRoom && !observer?.isStopped;
  const version = isReading ? yield* checkBeats(options) : undefined;
  yield* checkUser(observer?.uid ?? owner, version);
  yield pidFinding(protocol ?? version ?? 2, process?.firstProgram);
}

/** Returns the last finding, which sums up the others. */
function sumUp(findings: readonly Finding[], isStrict: boolean): Finding {
  const fails = checksOf(findings, "fail").join(", ");
  const warns = checksOf(findings, "warn").join(", ");
  if (fails) return fail("summary", `not ready, see ${fails} above`);
  if (!warns) return ok("summary", "the observer counts beats from here");
  if (isStrict) {
    return fail("summary", `not ready for --strict, see ${warns} above`);
  }
  const result = checksOf(findings, "ok").includes("beat")
    ? "the observer counts beats from here, but"
    : "no problem was found, but nothing proves that the observer counts beats:";
  return warn("summary", `${result} see ${warns} above`);
}

/** Returns what has findings of a level. */
function checksOf(
  findings: readonly Finding[],
  level: Finding["level"],
): Check[] {
  const some = findings.filter((finding) => finding.level === level);
  return [...new Set(some.map(({ check }) => check))];
}

/** Returns a finding as JSON, without the control characters that JSON allows. */
function toJson(finding: Finding): string {
  return escapeControls(
    JSON.stringify(finding),
    (character) =>
      character.split("").map((unit) =>
        `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
      ).join(""),
  );
}

// Of "Select Graphic Rendition" in ECMA-48.
const colors = { ok: 32, warn: 33, fail: 31 } as const;

/** The column in which messages begin. */
const INDENT = 17;

/** Returns a finding for people: a line, which is wrapped in a terminal. */
function toText({ level, check, message, advice }: Finding): string {
  const isTerminal = Deno.stdout.isTerminal();
  const color = (text: string) =>
    isTerminal && !Deno.noColor ? `\x1b[${colors[level]}m${text}\x1b[0m` : text;
  let text = escapeControls(message + (advice ? `: ${advice}` : ""));
  if (isTerminal) {
    // Lines of as many words as fit; a path stays whole.
    const width = Math.max(Deno.consoleSize().columns - INDENT, INDENT);
    const lines = text.replace(RegExp(`(.{1,${width}})( |$)`, "g"), "$1\n");
    text = lines.trimEnd().replaceAll("\n", `\n${" ".repeat(INDENT)}`);
  }
  const word = level.padEnd(4);
  const rest = `  ${check.padEnd(9)}  ${text}`;
  return check === "summary" ? color(word + rest) : color(word) + rest;
}

import { system } from "../../ffi/system.ts";

/**
 * What a panic handler handles.
 *
 * @example
 * ```ts
 * import { installPanicHandler, type PanicHandlerOptions } from "@varta/client";
 * import { assertThrows } from "@std/assert";
 *
 * // A process that reads its configuration anew on SIGHUP.
 * const options: PanicHandlerOptions = { signals: ["SIGTERM", "SIGINT"] };
 *
 * // SIGKILL ends a process without a word.
 * const wrong: PanicHandlerOptions = { signals: [...options.signals!, "SIGKILL"] };
 * const agent = { beatTerminal: () => ({ kind: "sent" } as const) };
 * assertThrows(() => installPanicHandler(agent, wrong), TypeError);
 * ```
 */
export interface PanicHandlerOptions {
  /**
   * The signals that end the process: of `SIGHUP`, `SIGINT`, `SIGQUIT`,
   * `SIGABRT`, `SIGUSR1`, `SIGUSR2`, `SIGALRM`, `SIGTERM`, `SIGXCPU`, `SIGXFSZ`,
   * `SIGVTALRM` and `SIGPROF`.
   *
   * @default {["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"]}
   */
  signals?: readonly Deno.Signal[];
}

const DEFAULT: readonly Deno.Signal[] = [
  ...["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const,
];

/**
 * The numbers of the signals in the options: untyped callers may pass anything.
 *
 * @throws {TypeError} Where there is one that ends no process, that no process
 * can handle, or that is none at all.
 */
export function signalsOf(options: unknown): Map<Deno.Signal, number> {
  const { signals = DEFAULT } = asObject(options) as PanicHandlerOptions;
  if (!Array.isArray(signals)) {
    throw new TypeError(
      `Cannot install panic handler: signals must be an array of names: received ${
        Deno.inspect(signals)
      }`,
    );
  }
  return new Map(signals.map((signal) => [signal, numberOf(signal)]));
}

function asObject(options: unknown): object {
  if (typeof options === "object" && options !== null) return options;
  throw new TypeError(
    `Cannot install panic handler: options must be an object: received ${
      Deno.inspect(options)
    }`,
  );
}

function numberOf(signal: Deno.Signal): number {
  if (Object.hasOwn(system.signals, signal)) return system.signals[signal]!;
  const known = Object.keys(system.signals).join(", ");
  throw new TypeError(
    `Cannot install panic handler: ${
      Deno.inspect(signal)
    } is none of the signals that end a process and can be handled: ${known}`,
  );
}

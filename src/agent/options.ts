import {
  checkInteger,
  checkObject,
  invalidOption,
} from "../_invalid_option.ts";
import type { Endpoint } from "../endpoint/_endpoint.ts";
import { MAX_UINT32 } from "../frame/_layout.ts";
import { type Protocol, protocolOf } from "../frame/_protocol.ts";
import type { VlpVersion } from "../frame/frame.ts";

/** Options for {@linkcode Varta.connect}. */
export interface ConnectOptions {
  /**
   * The version of the protocol: 1 for `varta-watch` 0.1.0, 2 for 0.2.0. An
   * observer rejects the other version, and the agent cannot notice that.
   *
   * @default {1}
   */
  version?: VlpVersion;
  /**
   * How many drops in a row make the agent reconnect, from 0 to 2^32 − 1. With 0
   * it never reconnects.
   *
   * @default {0}
   */
  reconnectAfter?: number;
  /**
   * Whether the agent may start before its observer. If nothing receives at the
   * path yet, `connect` succeeds, and each beat tries to connect until one
   * succeeds. Only for a Unix socket.
   *
   * @default {false}
   */
  lazy?: boolean;
  /**
   * The nonce of a beat: `"count"`, the number of the beat, or `"clock"`,
   * the system's monotonic clock in nanoseconds. An observer silently ignores a
   * beat whose nonce is not above the last one of that pid. So use `"clock"` if a
   * process has several agents, at the same time, one after another, or in
   * Workers, and under `deno run --watch`. But with `"clock"`, an observer ignores
   * all beats of a pid after its terminal beat.
   *
   * @default {"count"}
   */
  nonce?: "count" | "clock";
}

/** Options for {@linkcode Varta.connectUdp} and {@linkcode Varta.connectSecureUdp}. */
export interface UdpOptions
  extends Pick<ConnectOptions, "reconnectAfter" | "nonce"> {
  /**
   * The version of the protocol. Over UDP there is only version 2.
   *
   * @default {2}
   */
  version?: 2;
}

/** The options, checked and complete. */
export interface CheckedOptions {
  readonly protocol: Protocol;
  readonly reconnectAfter: number;
  readonly lazy: boolean;
  readonly nonce: "count" | "clock";
}

/** Reads each option once, and checks it. */
export function readOptions(
  options: ConnectOptions,
  endpoint: Endpoint,
): CheckedOptions {
  const action = `connect to ${endpoint}`;
  checkObject(action, "options", options);
  const { versions } = endpoint;
  const {
    version = versions[0],
    reconnectAfter = 0,
    lazy = false,
    nonce = "count",
  } = options;
  if (!versions.includes(version)) {
    const expected = versions.join(" or ");
    throw invalidOption(action, "version", expected, version, "number");
  }
  checkInteger(action, "reconnectAfter", reconnectAfter, 0, MAX_UINT32);
  if (typeof lazy !== "boolean") {
    throw invalidOption(action, "lazy", "a boolean", lazy);
  }
  if (lazy && !endpoint.canBeLazy) {
    throw new TypeError(
      `Cannot ${action}: lazy is only for a Unix socket: remove the option`,
    );
  }
  if (nonce !== "count" && nonce !== "clock") {
    const expected = '"count" or "clock"';
    throw invalidOption(action, "nonce", expected, nonce, "string");
  }
  return { protocol: protocolOf(version), reconnectAfter, lazy, nonce };
}

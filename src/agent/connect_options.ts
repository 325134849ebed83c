import { MaxUint32 } from "../frame/_layout.ts";
import type { VlpVersion } from "../frame/vlp_version.ts";

/**
 * How an agent connects.
 *
 * @example
 * ```ts
 * import { type ConnectOptions, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path);
 * const options: ConnectOptions = { version: 2, reconnectAfter: 3 };
 * using agent = Varta.connect(path, options);
 * agent.beat(0);
 *
 * const observation = observer.receive();
 * assertEquals(observation?.kind === "beat" && observation.frame.version, 2);
 * ```
 */
export interface ConnectOptions {
  /**
   * The version of the protocol: 1 for `varta-watch` 0.1.0, 2 for 0.2.0. An
   * observer rejects the other one, which the agent cannot see.
   *
   * @default {1}
   */
  version?: VlpVersion;
  /**
   * How many drops in a row make the agent reconnect, from 0 to 2^32 − 1; with
   * 0 it never does.
   *
   * @default {0}
   */
  reconnectAfter?: number;
}

/**
 * Refuses a number of drops that no agent reconnects after.
 *
 * @throws {RangeError} Where it is not an integer from 0 to 2^32 − 1.
 */
export function checkReconnectAfter(drops: number): void {
  if (!Number.isInteger(drops) || drops < 0 || drops > MaxUint32) {
    throw new RangeError(
      `Cannot set reconnectAfter: it must be an integer from 0 to ${MaxUint32}: received ${
        Deno.inspect(drops)
      }`,
    );
  }
}

import { protocolOf } from "../frame/_protocol.ts";
import type { VlpVersion } from "../frame/vlp_version.ts";

/**
 * How an observer receives.
 *
 * @example
 * ```ts
 * import { Observer, type ObserverOptions } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * const options: ObserverOptions = { mode: 0o660, version: 2 };
 * using _observer = Observer.bind(path, options);
 * assertEquals(Deno.statSync(path).mode! & 0o777, 0o660);
 * ```
 */
export interface ObserverOptions {
  /**
   * The permission bits of the socket's file, from 0 to 0o777, whatever the
   * umask is. An agent needs the right to write.
   *
   * @default {0o600}
   */
  mode?: number;
  /** The only version of the protocol to accept; by default either. */
  version?: VlpVersion;
}

/**
 * Refuses options that no observer can be bound with.
 *
 * @throws {RangeError} Where `mode` is not an integer from 0 to 0o777, or
 * `version` is given and is neither 1 nor 2.
 */
export function checkOptions(
  path: string,
  mode: number,
  version: VlpVersion | undefined,
): void {
  const refuse = (rule: string, value: unknown) =>
    new RangeError(
      `Cannot bind to ${JSON.stringify(path)}: ${rule}: received ${
        Deno.inspect(value)
      }`,
    );
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw refuse("mode must be an integer from 0 to 0o777", mode);
  }
  if (version !== undefined && protocolOf(version) === undefined) {
    throw refuse("version must be 1 or 2", version);
  }
}

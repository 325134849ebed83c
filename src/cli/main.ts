/**
 * The command line of the Varta health protocol: `watch` observes a socket,
 * `beat` beats to one, and `demo` shows both in three seconds.
 *
 * ```sh
 * deno run --allow-ffi jsr:@varta/client/cli watch /tmp/varta.sock
 * deno run --allow-ffi jsr:@varta/client/cli beat /tmp/varta.sock --payload 17
 * deno run --allow-ffi jsr:@varta/client/cli --help
 * ```
 *
 * It is a program: an import of it does nothing.
 *
 * @module
 */

import { run } from "./run.ts";

// Not by Deno.exitCode: what still waits for a key would keep the process alive.
if (import.meta.main) Deno.exit(await run(Deno.args));

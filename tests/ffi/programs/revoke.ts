// Imports libc.ts, revokes the permission, and calls a C function.

import { libc } from "../../../ffi/libc.ts";

Deno.permissions.revokeSync({ name: "ffi" });
console.log(libc().close(-1));

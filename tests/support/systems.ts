// The table of every system. Other code creates that of this process only.

import {
  freebsd as createFreebsd,
  netbsd as createNetbsd,
  openbsd as createOpenbsd,
} from "../../ffi/systems/bsd.ts";
import { darwin as createDarwin } from "../../ffi/systems/darwin.ts";
import {
  android as createAndroid,
  linux as createLinux,
} from "../../ffi/systems/linux.ts";
import { unsupported as createUnsupported } from "../../ffi/systems/unsupported.ts";

const { arch } = Deno.build;

export const android = createAndroid(arch);
export const darwin = createDarwin(arch);
export const freebsd = createFreebsd();
export const linux = createLinux(arch);
export const netbsd = createNetbsd();
export const openbsd = createOpenbsd();
export const unsupported = createUnsupported();

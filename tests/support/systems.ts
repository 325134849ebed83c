// The table of every system. Other code creates that of this process only.

import {
  darwin as createDarwin,
  freebsd as createFreebsd,
  netbsd as createNetbsd,
  openbsd as createOpenbsd,
} from "../../ffi/systems/bsd.ts";
import {
  android as createAndroid,
  linux as createLinux,
} from "../../ffi/systems/linux.ts";
import { unsupported as createUnsupported } from "../../ffi/system.ts";

const { arch } = Deno.build;

export const android = createAndroid(arch);
export const darwin = createDarwin(arch);
export const freebsd = createFreebsd();
export const linux = createLinux(arch);
export const netbsd = createNetbsd();
export const openbsd = createOpenbsd();
export const unsupported = createUnsupported(arch);

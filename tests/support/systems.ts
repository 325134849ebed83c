// The table of every system. Other code creates that of this process only.

import { android as createAndroid } from "../../ffi/systems/android.ts";
import { darwin as createDarwin } from "../../ffi/systems/darwin.ts";
import { freebsd as createFreebsd } from "../../ffi/systems/freebsd.ts";
import { linux as createLinux } from "../../ffi/systems/linux.ts";
import { netbsd as createNetbsd } from "../../ffi/systems/netbsd.ts";
import { openbsd as createOpenbsd } from "../../ffi/systems/openbsd.ts";
import { unsupported as createUnsupported } from "../../ffi/systems/unsupported.ts";
import { windows as createWindows } from "../../ffi/systems/windows.ts";

const { arch } = Deno.build;

export const android = createAndroid(arch);
export const darwin = createDarwin(arch);
export const freebsd = createFreebsd();
export const linux = createLinux(arch);
export const netbsd = createNetbsd();
export const openbsd = createOpenbsd();
export const unsupported = createUnsupported();
export const windows = createWindows();

// The table of every system, each made: outside of the tests, only this one's is.

import { android as createAndroid } from "../../ffi/systems/android.ts";
import { darwin as createDarwin } from "../../ffi/systems/darwin.ts";
import { freebsd as createFreebsd } from "../../ffi/systems/freebsd.ts";
import { linux as createLinux } from "../../ffi/systems/linux.ts";
import { netbsd as createNetbsd } from "../../ffi/systems/netbsd.ts";
import { openbsd as createOpenbsd } from "../../ffi/systems/openbsd.ts";
import { windows as createWindows } from "../../ffi/systems/windows.ts";

export const android = createAndroid();
export const darwin = createDarwin();
export const freebsd = createFreebsd();
export const linux = createLinux();
export const netbsd = createNetbsd();
export const openbsd = createOpenbsd();
export const windows = createWindows();

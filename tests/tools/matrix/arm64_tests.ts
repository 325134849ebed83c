/**
 * The tests that depend on the processor: calls of C functions, the layout of
 * what they read and write, and the bytes of a frame. They are imported into one
 * module, since an emulator takes two seconds to start each one.
 *
 * @module
 */

import "../../agent/varta_beat_serial_test.ts";
import "../../agent/varta_connect_serial_test.ts";
import "../../agent/varta_reconnect_serial_test.ts";
import "../../endpoint/udp_serial_test.ts";
import "../../ffi/descriptor_serial_test.ts";
import "../../ffi/libc_serial_test.ts";
import "../../ffi/monotonic_clock_test.ts";
import "../../ffi/process/process_id_serial_test.ts";
import "../../ffi/receiving/bound_socket_serial_test.ts";
import "../../ffi/receiving/file_status_test.ts";
import "../../ffi/receiving/files_serial_test.ts";
import "../../ffi/receiving/path_lock_serial_test.ts";
import "../../ffi/receiving/poller_serial_test.ts";
import "../../ffi/process/signals_test.ts";
import "../../frame/crc32c_test.ts";
import "../../frame/golden_test.ts";
import "../../interop/beats_test.ts";
import "../../mod_test.ts";

export { type Metrics, parseMetrics } from "../../src/cli/check/_metrics.ts";

export const beatsOf = (pid: number) => `varta_beats_total{pid="${pid}"}`;
export const stallsOf = (pid: number) => `varta_stalls_total{pid="${pid}"}`;
export const statusOf = (pid: number) => `varta_status{pid="${pid}"}`;

/** Frames whose pid is not the one that the kernel attests. */
export const AUTH_FAILURES = "varta_frame_auth_failures_total";
/** Datagrams sealed with another key, changed on the way, or sent twice. */
export const DECRYPT_FAILURES = "varta_frame_decrypt_failures_total";
export const TRUNCATED = "varta_truncated_datagrams_total";
export const BAD_VERSION = 'varta_decode_errors_total{kind="bad_version"}';
/** Among others, frames whose sender has another uid than the observer. */
export const IO_ERRORS = "varta_io_errors_total";
/** Beats that follow the last beat of their pid within 10 ms. */
export const RATE_LIMITED = 'varta_rate_limited_total{reason="per_pid"}';

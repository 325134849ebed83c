/** The samples of a page, by name and labels as they stand there. */
export type Metrics = Map<string, number>;

/**
 * Reads Prometheus' text format, as far as an observer writes it: one sample to
 * a line, without a time.
 */
export function parseMetrics(page: string): Metrics {
  const samples = page.split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line): [string, number] => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end))];
    });
  return new Map(samples);
}

/** What an observer says of the process with this pid. */
export const beatsOf = (pid: number) => `varta_beats_total{pid="${pid}"}`;
export const stallsOf = (pid: number) => `varta_stalls_total{pid="${pid}"}`;
export const statusOf = (pid: number) => `varta_status{pid="${pid}"}`;

/** What it says of frames that it did not take. */
export const AUTH_FAILURES = "varta_frame_auth_failures_total";
/** Sealed by another key, or not as it was sealed, or received before. */
export const DECRYPT_FAILURES = "varta_frame_decrypt_failures_total";
export const TRUNCATED = "varta_truncated_datagrams_total";
export const BAD_VERSION = 'varta_decode_errors_total{kind="bad_version"}';
export const IO_ERRORS = "varta_io_errors_total";

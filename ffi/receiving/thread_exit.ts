import type { Descriptor } from "../descriptor.ts";
import { receivingLibc } from "./functions.ts";

const isMainThread =
  Object.prototype.toString.call(globalThis) === "[object Window]";

/**
 * Closes a descriptor when the thread of this Worker ends, unless it is closed
 * before. No finalizer runs when a Worker ends or is terminated, but the C library
 * then calls the destructors of thread-specific values: here the value is the
 * descriptor, and its destructor is `close`.
 *
 * It does nothing in three cases: in the main thread, which ends with the process;
 * with glibc before 2.34, which has its threads in another library; and if no key
 * for a thread-specific value is left (glibc: `PTHREAD_KEYS_MAX`, 1,024).
 *
 * @see {@link https://man7.org/linux/man-pages/man3/pthread_key_create.3p.html pthread_key_create(3p)}
 */
export function closeAtThreadExit({ handle }: Descriptor): void {
  const libc = receivingLibc();
  const { pthread_key_create, pthread_setspecific, pthread_key_delete } = libc;
  if (isMainThread || pthread_key_create === null) return;
  // A pthread_key_t has 4 or 8 bytes.
  const key = new BigUint64Array(1);
  if (pthread_key_create(key, libc.closeAddress) !== 0) return;
  pthread_setspecific!(key[0], BigInt(handle.fd));
  handle.onClose = () => pthread_key_delete!(key[0]);
}

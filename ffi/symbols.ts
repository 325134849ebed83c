import { system } from "./system.ts";

/**
 * The functions of the C library that this folder calls, each parameter with
 * the C parameter that it stands for.
 *
 * - A byte count is passed as a bigint: a number for a `size_t` leaves V8's
 *   fast path for the slow one.
 * - What is called often takes memory by its address; see `memory.ts`.
 * - A byte count comes back as `i32` where C says `ssize_t`: none here reaches
 *   2 GiB, and a 64-bit result would cost a conversion.
 */
export const symbols = {
  socket: {
    parameters: [
      "i32", // int domain
      "i32", // int type
      "i32", // int protocol
    ],
    result: "i32", // the descriptor, or -1
  },
  connect: {
    parameters: [
      "i32", // int sockfd
      "buffer", // const struct sockaddr *addr
      "u32", // socklen_t addrlen
    ],
    result: "i32", // 0, or -1
  },
  bind: {
    parameters: [
      "i32", // int sockfd
      "buffer", // const struct sockaddr *addr
      "u32", // socklen_t addrlen
    ],
    result: "i32", // 0, or -1
  },
  send: {
    parameters: [
      "i32", // int sockfd
      "pointer", // const void *buf
      "usize", // size_t len
      "i32", // int flags
    ],
    result: "i32", // ssize_t: the bytes sent, or -1
  },
  recv: {
    parameters: [
      "i32", // int sockfd
      "pointer", // void *buf
      "usize", // size_t len
      "i32", // int flags
    ],
    result: "i32", // ssize_t: the bytes received, or -1
  },
  recvmsg: {
    parameters: [
      "i32", // int sockfd
      "pointer", // struct msghdr *msg
      "i32", // int flags
    ],
    result: "i32", // ssize_t: the bytes received, or -1
  },
  socketpair: {
    parameters: [
      "i32", // int domain
      "i32", // int type
      "i32", // int protocol
      "buffer", // int sv[2]
    ],
    result: "i32", // 0, or -1
  },
  /** Waits, on a thread of its own, so that the calling one goes on. */
  poll: {
    parameters: [
      "pointer", // struct pollfd *fds
      "usize", // nfds_t nfds: a whole register, whatever its width is
      "i32", // int timeout
    ],
    result: "i32", // how many are ready, or -1
    nonblocking: true,
  },
  shutdown: {
    parameters: [
      "i32", // int sockfd
      "i32", // int how
    ],
    result: "i32", // 0, or -1
  },
  setsockopt: {
    parameters: [
      "i32", // int sockfd
      "i32", // int level
      "i32", // int optname
      "buffer", // const void *optval
      "u32", // socklen_t optlen
    ],
    result: "i32", // 0, or -1
  },
  fcntl: {
    parameters: [
      "i32", // int fd
      "i32", // int op
      "i32", // int arg
    ],
    result: "i32", // what op answers, or -1
  },
  /**
   * `fcntl` where a variadic argument travels on the stack: behind eight
   * integers, which fill the registers, a fixed one does too.
   */
  fcntlOnStack: {
    name: "fcntl",
    parameters: [
      "i32", // int fd
      "i32", // int op
      "i32", // unused: the third register
      "i32", // unused
      "i32", // unused
      "i32", // unused
      "i32", // unused
      "i32", // unused: the eighth
      "i64", // int arg, in the whole slot that a variadic argument has
    ],
    result: "i32", // what op answers, or -1
  },
  close: {
    parameters: [
      "i32", // int fd
    ],
    result: "i32", // 0, or -1
  },
  open: {
    parameters: [
      "buffer", // const char *pathname
      "i32", // int flags
    ],
    result: "i32", // the descriptor, or -1
  },
  flock: {
    parameters: [
      "i32", // int fd
      "i32", // int op
    ],
    result: "i32", // 0, or -1
  },
  fchmod: {
    parameters: [
      "i32", // int fd
      "u32", // mode_t mode
    ],
    result: "i32", // 0, or -1
  },
  fchmodat: {
    parameters: [
      "i32", // int dirfd
      "buffer", // const char *pathname
      "u32", // mode_t mode
      "i32", // int flags
    ],
    result: "i32", // 0, or -1
  },
  statx: {
    parameters: [
      "i32", // int dirfd
      "buffer", // const char *pathname
      "i32", // int flags
      "u32", // unsigned int mask
      "buffer", // struct statx *statxbuf
    ],
    result: "i32", // 0, or -1
  },
  lstat: {
    name: system.stat?.symbol[Deno.build.arch] ?? "lstat",
    parameters: [
      "buffer", // const char *pathname
      "buffer", // struct stat *statbuf
    ],
    result: "i32", // 0, or -1
  },
  unlink: {
    parameters: [
      "buffer", // const char *pathname
    ],
    result: "i32", // 0, or -1
  },
  clock_gettime: {
    parameters: [
      "i32", // clockid_t clockid
      "pointer", // struct timespec *tp
    ],
    result: "i32", // 0, or -1
  },
  getpid: {
    parameters: [],
    result: "i32", // pid_t
  },
  sigaction: {
    parameters: [
      "i32", // int signum
      "buffer", // const struct sigaction *act
      "buffer", // struct sigaction *oldact
    ],
    result: "i32", // 0, or -1
  },
  signal: {
    parameters: [
      "i32", // int signum
      "pointer", // sighandler_t handler; SIG_DFL is a null pointer
    ],
    result: "pointer", // sighandler_t: the former handler, or SIG_ERR
  },
  raise: {
    parameters: [
      "i32", // int sig
    ],
    result: "i32", // 0, or else
  },
  mmap: {
    parameters: [
      "pointer", // void *addr
      "usize", // size_t length
      "i32", // int prot
      "i32", // int flags
      "i32", // int fd
      "i64", // off_t offset
    ],
    result: "pointer", // void *: the pages, or MAP_FAILED
  },
  munmap: {
    parameters: [
      "pointer", // void *addr
      "usize", // size_t length
    ],
    result: "i32", // 0, or -1
  },
  madvise: {
    parameters: [
      "pointer", // void *addr
      "usize", // size_t length
      "i32", // int advice
    ],
    result: "i32", // 0, or -1
  },
  memcpy: {
    parameters: [
      "buffer", // void *dest
      "pointer", // const void *src
      "usize", // size_t n
    ],
    result: "void", // void *: dest, which the caller has
  },
  /**
   * `memcpy` of no bytes, for its result: the address of `dest`. It is to be had
   * under a grant scoped to a path, where `Deno.UnsafePointer` is not.
   */
  addressOf: {
    name: "memcpy",
    parameters: [
      "buffer", // void *dest
      "buffer", // const void *src
      "usize", // size_t n
    ],
    result: "pointer", // void *: dest
  },
  /** The same as an integer, for an address that is itself written into memory. */
  addressNumberOf: {
    name: "memcpy",
    parameters: [
      "buffer", // void *dest
      "buffer", // const void *src
      "usize", // size_t n
    ],
    result: "usize", // void *: dest
  },
  /** `memcpy` into memory of the C library's own. */
  writeMemory: {
    name: "memcpy",
    parameters: [
      "pointer", // void *dest
      "buffer", // const void *src
      "usize", // size_t n
    ],
    result: "void", // void *: dest, which the caller has
  },
  calloc: {
    parameters: [
      "usize", // size_t n
      "usize", // size_t size
    ],
    result: "pointer", // void *: the zeros, or null
  },
  free: {
    parameters: [
      "pointer", // void *ptr
    ],
    result: "void",
  },
  errnoLocation: {
    name: system.errnoLocation,
    parameters: [],
    result: "pointer", // int *: this thread's errno
  },
} as const satisfies Deno.ForeignLibraryInterface;

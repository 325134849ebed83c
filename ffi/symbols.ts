/**
 * The functions of the C library that this folder calls. The comment at each
 * parameter and result is its declaration in C; `deno task headers` compares it
 * with the headers of each system.
 *
 * - A byte count is passed as a bigint: with a number for a `size_t`, V8 does not
 *   use its fast path.
 * - The result is `i32` if C has `ssize_t`: no byte count here reaches 2 GiB, and a
 *   64-bit result would have to be converted.
 */
export const symbols = {
  socket: {
    parameters: [
      "i32", // int domain
      "i32", // int type
      "i32", // int protocol
    ],
    result: "i32", // int: the descriptor, or -1
  },
  connect: {
    parameters: [
      "i32", // int sockfd
      "buffer", // const struct sockaddr *addr
      "u32", // socklen_t addrlen
    ],
    result: "i32", // int: 0, or -1
  },
  bind: {
    parameters: [
      "i32", // int sockfd
      "buffer", // const struct sockaddr *addr
      "u32", // socklen_t addrlen
    ],
    result: "i32", // int: 0, or -1
  },
  send: {
    parameters: [
      "i32", // int sockfd
      "buffer", // const void *buf
      "usize", // size_t len
      "i32", // int flags
    ],
    result: "i32", // ssize_t: the bytes sent, or -1
  },
  recv: {
    parameters: [
      "i32", // int sockfd
      "buffer", // void *buf
      "usize", // size_t len
      "i32", // int flags
    ],
    result: "i32", // ssize_t: the bytes received, or -1
  },
  /** `recv` on another thread, into no memory. */
  recvOnThread: {
    name: "recv",
    parameters: [
      "i32", // int sockfd
      "pointer", // void *buf
      "usize", // size_t len
      "i32", // int flags
    ],
    result: "i32", // ssize_t: the bytes received, or -1
    nonblocking: true,
  },
  recvmsg: {
    parameters: [
      "i32", // int sockfd
      "buffer", // struct msghdr *msg
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
    result: "i32", // int: 0, or -1
  },
  /** Waits on another thread, so that this one is not blocked. */
  poll: {
    parameters: [
      "pointer", // struct pollfd *fds
      "usize", // nfds_t nfds
      "i32", // int timeout
    ],
    result: "i32", // int: the number of ready descriptors, or -1
    nonblocking: true,
  },
  pollOnThisThread: {
    name: "poll",
    parameters: [
      "buffer", // struct pollfd *fds
      "usize", // nfds_t nfds
      "i32", // int timeout
    ],
    result: "i32", // int: the number of ready descriptors, or -1
  },
  shutdown: {
    parameters: [
      "i32", // int sockfd
      "i32", // int how
    ],
    result: "i32", // int: 0, or -1
  },
  setsockopt: {
    parameters: [
      "i32", // int sockfd
      "i32", // int level
      "i32", // int optname
      "buffer", // const void *optval
      "u32", // socklen_t optlen
    ],
    result: "i32", // int: 0, or -1
  },
  fcntl: {
    parameters: [
      "i32", // int fd
      "i32", // int op, ...
      "i32", // int arg
    ],
    result: "i32", // int: the result of op, or -1
  },
  /**
   * `fcntl` for a system that passes a variadic argument on the stack. The first
   * eight integers fill the registers, so the ninth is on the stack too.
   */
  fcntlOnStack: {
    name: "fcntl",
    parameters: [
      "i32", // int fd
      "i32", // int op, ...
      "i32", // unused: the third register
      "i32", // unused
      "i32", // unused
      "i32", // unused
      "i32", // unused
      "i32", // unused: the eighth
      "i64", // int arg, in the 8 bytes of a variadic argument
    ],
    result: "i32", // int: the result of op, or -1
  },
  close: {
    parameters: [
      "i32", // int fd
    ],
    result: "i32", // int: 0, or -1
  },
  /** The address of `close`. */
  closeAddress: {
    name: "close",
    type: "pointer",
  },
  open: {
    parameters: [
      "buffer", // const char *pathname
      "i32", // int flags, ...
    ],
    result: "i32", // int: the descriptor, or -1
  },
  read: {
    parameters: [
      "i32", // int fd
      "buffer", // void *buf
      "usize", // size_t count
    ],
    result: "i32", // ssize_t: the bytes read, or -1
  },
  flock: {
    parameters: [
      "i32", // int fd
      "i32", // int op
    ],
    result: "i32", // int: 0, or -1
  },
  fchmod: {
    parameters: [
      "i32", // int fd
      "u32", // mode_t mode
    ],
    result: "i32", // int: 0, or -1
  },
  fchmodat: {
    parameters: [
      "i32", // int dirfd
      "buffer", // const char *pathname
      "u32", // mode_t mode
      "i32", // int flags
    ],
    result: "i32", // int: 0, or -1
  },
  lstat: {
    parameters: [
      "buffer", // const char *pathname
      "buffer", // struct stat *statbuf
    ],
    result: "i32", // int: 0, or -1
    optional: true,
  },
  /** What glibc before 2.33 has instead of `lstat`. */
  __lxstat: {
    parameters: [
      "i32", // int ver
      "buffer", // const char *pathname
      "buffer", // struct stat *statbuf
    ],
    result: "i32", // int: 0, or -1
    optional: true,
  },
  fstat: {
    parameters: [
      "i32", // int fd
      "buffer", // struct stat *statbuf
    ],
    result: "i32", // int: 0, or -1
    optional: true,
  },
  /** What glibc before 2.33 has instead of `fstat`. */
  __fxstat: {
    parameters: [
      "i32", // int ver
      "i32", // int fd
      "buffer", // struct stat *statbuf
    ],
    result: "i32", // int: 0, or -1
    optional: true,
  },
  unlink: {
    parameters: [
      "buffer", // const char *pathname
    ],
    result: "i32", // int: 0, or -1
  },
  mkdir: {
    parameters: [
      "buffer", // const char *pathname
      "u32", // mode_t mode
    ],
    result: "i32", // int: 0, or -1
  },
  rmdir: {
    parameters: [
      "buffer", // const char *pathname
    ],
    result: "i32", // int: 0, or -1
  },
  clock_gettime: {
    parameters: [
      "i32", // clockid_t clockid
      "buffer", // struct timespec *tp
    ],
    result: "i32", // int: 0, or -1
  },
  getentropy: {
    parameters: [
      "buffer", // void *buffer
      "usize", // size_t length
    ],
    result: "i32", // int: 0, or -1
  },
  getpid: {
    parameters: [],
    result: "i32", // pid_t: the process id
  },
  signal: {
    parameters: [
      "i32", // int signum
      "pointer", // void (*handler)(int)
    ],
    result: "pointer", // void (*)(int): the former handler, or SIG_ERR
  },
  raise: {
    parameters: [
      "i32", // int sig
    ],
    result: "i32", // int: 0, or not 0
  },
  kill: {
    parameters: [
      "i32", // pid_t pid
      "i32", // int sig
    ],
    result: "i32", // int: 0, or -1
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
    result: "i32", // int: 0, or -1
  },
  madvise: {
    parameters: [
      "pointer", // void *addr
      "usize", // size_t length
      "i32", // int advice
    ],
    result: "i32", // int: 0, or -1
  },
  memcpy: {
    parameters: [
      "buffer", // void *dest
      "pointer", // const void *src
      "usize", // size_t n
    ],
    result: "void", // void *: dest
  },
  getenv: {
    parameters: [
      "buffer", // const char *name
    ],
    result: "pointer", // char *: the value, or null
  },
  strncpy: {
    parameters: [
      "buffer", // char *dst
      "pointer", // const char *src
      "usize", // size_t dsize
    ],
    result: "void", // char *: dst
  },
  /**
   * `memcpy` of no bytes, for its result: the address of `dest`. With a permission
   * that is limited to a path, `Deno.UnsafePointer` cannot be used for that.
   */
  addressNumberOf: {
    name: "memcpy",
    parameters: [
      "buffer", // void *dest
      "buffer", // const void *src
      "usize", // size_t n
    ],
    result: "usize", // void *: dest
  },
  /** `memcpy` into memory that `calloc` returned. */
  writeMemory: {
    name: "memcpy",
    parameters: [
      "pointer", // void *dest
      "buffer", // const void *src
      "usize", // size_t n
    ],
    result: "void", // void *: dest
  },
  calloc: {
    parameters: [
      "usize", // size_t n
      "usize", // size_t size
    ],
    result: "pointer", // void *: the memory, all zeros, or null
  },
  free: {
    parameters: [
      "pointer", // void *ptr
    ],
    result: "void", // void
  },
  dup3: {
    parameters: [
      "i32", // int oldfd
      "i32", // int newfd
      "i32", // int flags
    ],
    result: "i32", // int: newfd, or -1
  },
  /** No header declares it: it is for the compilers of C++ and Rust. */
  __cxa_thread_atexit_impl: {
    parameters: [
      "pointer", // void (*destructor)(void *)
      "usize", // void *object
      "pointer", // void *dso_handle
    ],
    result: "i32", // int: 0, or not 0
    optional: true,
  },
  /** Its name depends on the system; see `systems/`. */
  errnoLocation: {
    parameters: [],
    result: "pointer", // int *: this thread's errno
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** The name of a function in {@linkcode symbols}. */
export type FunctionName = keyof typeof symbols;

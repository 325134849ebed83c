import { MessageLayout } from "../../../ffi/receiving/datagram_buffer.ts";
import type { Field, System } from "../../../ffi/systems/types.ts";

/** A number that the code has, and the C expression that it stands for. */
export interface Value {
  /** What to call it in a report. */
  readonly name: string;
  readonly expression: string;
  readonly number: number;
}

const value = (expression: string, number: number): Value => ({
  name: expression,
  expression,
  number,
});

function memberSize(struct: string, member: string): string {
  return `sizeof(((struct ${struct} *)0)->${member})`;
}

/** An integer in a structure: where it is, and how many bytes it has. */
function field(struct: string, member: string, [offset, size]: Field): Value[] {
  return [
    value(`offsetof(struct ${struct}, ${member})`, offset),
    value(memberSize(struct, member), size),
  ];
}

/** Values of the code outside `ffi/systems`, which it uses on every system. */
const COMMON: readonly Value[] = [
  // ffi/socket_address.ts
  value("offsetof(struct sockaddr_un, sun_path)", 2),
  value("sizeof(struct sockaddr_in)", 16),
  ...field("sockaddr_in", "sin_port", [2, 2]),
  ...field("sockaddr_in", "sin_addr", [4, 4]),
  value("sizeof(struct sockaddr_in6)", 28),
  ...field("sockaddr_in6", "sin6_port", [2, 2]),
  ...field("sockaddr_in6", "sin6_flowinfo", [4, 4]),
  value("offsetof(struct sockaddr_in6, sin6_addr)", 8),
  value(memberSize("sockaddr_in6", "sin6_addr"), 16),
  // ffi/monotonic_clock.ts
  value("sizeof(struct timespec)", 16),
  ...field("timespec", "tv_sec", [0, 8]),
  ...field("timespec", "tv_nsec", [8, 8]),
  // ffi/libc.ts, for errno and for the options of setsockopt
  value("sizeof(int)", 4),
  // ffi/receiving
  value("POLLIN", 1),
  value("POLLOUT", 4), // ffi/unix_receiver.ts
  value("sizeof(struct pollfd)", 8),
  ...field("pollfd", "fd", [0, 4]),
  ...field("pollfd", "events", [4, 2]),
  ...field("pollfd", "revents", [6, 2]),
  value("MSG_PEEK", 2),
  value("SHUT_RD", 0),
  value("SOCK_STREAM", 1),
  value("LOCK_EX", 2),
  value("LOCK_NB", 4),
  value("O_RDONLY", 0),
  value("S_IFMT", 0o170000),
  value("S_IFIFO", 0o010000),
  value("S_IFCHR", 0o020000),
  value("S_IFDIR", 0o040000),
  value("S_IFBLK", 0o060000),
  value("S_IFREG", 0o100000),
  value("S_IFLNK", 0o120000),
  value("S_IFSOCK", 0o140000),
];

/** Values of `ffi/receiving` and `ffi/unix_receiver.ts` that only Linux has. */
function linuxValues(): Value[] {
  const { msghdr, iovec, control } = MessageLayout;
  return [
    value("offsetof(struct msghdr, msg_iov)", msghdr.msg_iov),
    value("offsetof(struct msghdr, msg_iovlen)", msghdr.msg_iovlen),
    value("offsetof(struct msghdr, msg_control)", msghdr.msg_control),
    value("offsetof(struct msghdr, msg_controllen)", msghdr.msg_controllen),
    value("offsetof(struct msghdr, msg_flags)", msghdr.msg_flags),
    value("sizeof(struct msghdr)", msghdr.size),
    value("MSG_CTRUNC", 8),
    value("offsetof(struct iovec, iov_base)", iovec.iov_base),
    value("offsetof(struct iovec, iov_len)", iovec.iov_len),
    value("sizeof(struct iovec)", iovec.size),
    value("CMSG_LEN(0) + offsetof(struct ucred, pid)", control.pid),
    value("CMSG_LEN(0) + offsetof(struct ucred, uid)", control.uid),
    value("CMSG_LEN(0) + offsetof(struct ucred, gid)", control.gid),
    value("CMSG_SPACE(sizeof(struct ucred))", control.size),
    // unix_receiver.ts
    value("AF_NETLINK", 16),
    value("NETLINK_SOCK_DIAG", 4),
    value("SOCK_DIAG_BY_FAMILY", 20),
    value("NLM_F_REQUEST", 1),
    value("UDIAG_SHOW_PEER", 4),
    value("UNIX_DIAG_PEER + 0", 2), // of an enumeration
    value("MSG_DONTWAIT", 0x40),
    value("sizeof(struct nlmsghdr)", 16),
    ...field("nlmsghdr", "nlmsg_type", [4, 2]),
    ...field("nlmsghdr", "nlmsg_flags", [6, 2]),
    value("sizeof(struct unix_diag_req)", 24),
    ...field("unix_diag_req", "udiag_ino", [8, 4]),
    ...field("unix_diag_req", "udiag_show", [12, 4]),
    value("sizeof(struct unix_diag_msg)", 16),
    ...field("nlattr", "nla_type", [2, 2]),
  ];
}

/** The numbers of a table; 0 stands for a name that the headers do not define. */
function constants(system: System, clock: string): Value[] {
  const expressions: Record<string, string> = {
    MONOTONIC_CLOCK: clock,
    SUN_PATH_LENGTH: memberSize("sockaddr_un", "sun_path"),
  };
  return Object.entries(system)
    .filter(([_, number]) => typeof number === "number")
    .map(([name, number]) => ({
      name,
      expression: expressions[name] ?? name,
      number,
    }));
}

function structures({ stat, hasSockaddrLength }: System): Value[] {
  const { size, st_dev, st_ino, st_mode } = stat!;
  return [
    value("sizeof(struct stat)", size),
    ...field("stat", "st_dev", st_dev),
    ...field("stat", "st_ino", st_ino),
    ...field("stat", "st_mode", st_mode),
    ...hasSockaddrLength
      ? [
        value("offsetof(struct sockaddr, sa_len)", 0),
        value(memberSize("sockaddr", "sa_len"), 1),
        value("offsetof(struct sockaddr, sa_family)", 1),
        value(memberSize("sockaddr", "sa_family"), 1),
      ]
      : field("sockaddr", "sa_family", [0, 2]),
  ];
}

/**
 * Returns all numbers that the code uses on a system, except those in `symbols.ts`.
 *
 * @param clock What the headers call {@linkcode System.MONOTONIC_CLOCK}.
 */
export function valuesOf(system: System, clock: string): Value[] {
  const errno = Object.entries(system.errno)
    .map(([name, number]) => value(name, number));
  return [
    ...errno,
    ...constants(system, clock),
    ...structures(system),
    ...COMMON,
    ...system.SO_PASSCRED === 0 ? [] : linuxValues(),
  ];
}

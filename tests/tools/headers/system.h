/* The headers of a system that the tables and symbols.ts are compared with. */

#ifdef __linux__
#define _GNU_SOURCE /* dup3 of glibc */
/* First, because musl does not have all names of the kernel. */
#include <asm/errno.h>
#include <asm/socket.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifdef __APPLE__
#include <sys/random.h> /* getentropy */
#endif

#define IS_POINTER(type) (__builtin_classify_type((type) 0) == 5)

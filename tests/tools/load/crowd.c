// Agents that are real processes, since an observer compares the pid of a beat with
// that of its sender. Arguments: the path, how many agents at a time, their interval
// in ms, how long each lives in ms (0: until it is killed), and how many in total.
// Prints the pid of each first agent, and "sent N dropped N" after the last one, or
// at SIGTERM.
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t is_stopped;
static void stop(int signum) { is_stopped = signum; }

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void sleep_until(uint64_t time) {
  struct timespec until = {time / 1000000000, time % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

// A frame of version 1, which has no checksum.
struct frame {
  uint8_t magic[2], version, status;
  uint32_t pid;
  uint64_t timestamp, nonce, payload;
};

static void agent(const char *path, int index, uint64_t interval,
                  uint64_t lifetime, uint64_t *counts) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) _exit(1);
  struct frame frame = {{'V', 'A'}, 1, 0, getpid(), 0, 0, index};
  uint64_t start = now(), next = start + interval * (index % 100) / 100;
  while (lifetime == 0 || next - start < lifetime) {
    sleep_until(next);
    next += interval;
    frame.timestamp = now() - start;
    frame.nonce++;
    int sent = send(fd, &frame, sizeof frame, MSG_NOSIGNAL) == sizeof frame;
    __atomic_add_fetch(&counts[sent ? 0 : 1], 1, __ATOMIC_RELAXED);
  }
  if (index % 2 == 0) {
    // Every second agent ends with a terminal beat.
    frame.nonce = UINT64_MAX;
    frame.status = 2;
    send(fd, &frame, sizeof frame, MSG_NOSIGNAL);
  }
  _exit(0);
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  int count = atoi(argv[2]), total = atoi(argv[5]);
  uint64_t interval = atoll(argv[3]) * 1000000, lifetime = atoll(argv[4]) * 1000000;
  uint64_t *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t *agents = calloc(total, sizeof *agents);
  uint64_t start = now();
  for (int i = 0; i < total && !is_stopped; i++) {
    // The first ones begin at the same time, the others when one has ended.
    if (i >= count && waitpid(-1, NULL, 0) < 0) break;
    if (i < count && lifetime != 0) sleep_until(start + i * lifetime / count);
    if ((agents[i] = fork()) == 0) agent(argv[1], i, interval, lifetime, counts);
    if (i < count) printf("%d\n", agents[i]);
    fflush(stdout);
    if (i == 0) {
      struct sigaction action = {.sa_handler = stop};
      sigaction(SIGTERM, &action, NULL);
    }
  }
  while (!is_stopped && wait(NULL) > 0) {}
  for (int i = 0; i < total; i++) {
    if (is_stopped && agents[i] > 0) kill(agents[i], SIGKILL);
  }
  while (wait(NULL) > 0) {}
  printf("sent %llu dropped %llu\n", (unsigned long long)counts[0],
         (unsigned long long)counts[1]);
}

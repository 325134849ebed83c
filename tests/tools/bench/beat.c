// The same work as Varta.beat(), as a C program would do it: clock, pid, frame,
// send. What this module's speed is measured against.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct agent {
  int fd;
  uint64_t nonce;
  struct timespec start;
  uint8_t frame[32];
};

static struct sockaddr_un address_of(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  return address;
}

// Binds a path to receive at, and returns the descriptor or -1.
int observer_bind(const char *path) {
  struct sockaddr_un address = address_of(path);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return bind(fd, (struct sockaddr *)&address, sizeof address) == -1 ? -1 : fd;
}

static struct sockaddr_in loopback_at(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Binds a UDP port of the system's choice, and returns the descriptor or -1.
int udp_observer_bind(void) {
  struct sockaddr_in address = loopback_at(0);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return bind(fd, (struct sockaddr *)&address, sizeof address) == -1 ? -1 : fd;
}

// The port of a descriptor.
int udp_port(int fd) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  getsockname(fd, (struct sockaddr *)&address, &length);
  return ntohs(address.sin_port);
}

// Receives all that is queued, and returns how many datagrams it was.
int observer_drain(int fd) {
  int received = 0;
  uint8_t datagram[64];
  while (recv(fd, datagram, sizeof datagram, MSG_DONTWAIT) > 0) received++;
  return received;
}

static struct agent *connect_to(const struct sockaddr *address,
                                socklen_t length) {
  struct agent *agent = calloc(1, sizeof *agent);
  agent->fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  connect(agent->fd, address, length);
  fcntl(agent->fd, F_SETFL, O_NONBLOCK);
  clock_gettime(CLOCK_MONOTONIC, &agent->start);
  return agent;
}

// Makes an agent that is connected to a path.
struct agent *agent_connect(const char *path) {
  struct sockaddr_un address = address_of(path);
  return connect_to((struct sockaddr *)&address, sizeof address);
}

// Makes an agent that is connected to a UDP port.
struct agent *udp_agent_connect(int port) {
  struct sockaddr_in address = loopback_at(port);
  return connect_to((struct sockaddr *)&address, sizeof address);
}

int agent_descriptor(struct agent *agent) { return agent->fd; }

static ssize_t beat(struct agent *agent, uint8_t status, uint64_t payload) {
  struct timespec now;
  agent->nonce++;
  clock_gettime(CLOCK_MONOTONIC, &now);
  uint64_t timestamp =
      (now.tv_sec - agent->start.tv_sec) * UINT64_C(1000000000) + now.tv_nsec -
      agent->start.tv_nsec;
  uint32_t pid = getpid();
  uint8_t *frame = agent->frame;
  frame[0] = 0x56;
  frame[1] = 0x41;
  frame[2] = 1;
  frame[3] = status;
  memcpy(frame + 4, &pid, 4);
  memcpy(frame + 8, &timestamp, 8);
  memcpy(frame + 16, &agent->nonce, 8);
  memcpy(frame + 24, &payload, 8);
  return send(agent->fd, frame, sizeof agent->frame, MSG_NOSIGNAL);
}

// Beats `count` times, and returns how many were sent.
int agent_beat(struct agent *agent, int count) {
  int sent = 0;
  for (int i = 0; i < count; i++) sent += beat(agent, 0, i) > 0;
  return sent;
}

// Reads the clock and sends, `count` times: what no failing beat can do without.
int bare_sends(struct agent *agent, int count) {
  int sent = 0;
  for (int i = 0; i < count; i++) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    sent += send(agent->fd, agent->frame, 32, MSG_NOSIGNAL) > 0;
  }
  return sent;
}

// Beats once, and returns how many nanoseconds that took.
int timed_beat(struct agent *agent) {
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  beat(agent, 0, 0);
  clock_gettime(CLOCK_MONOTONIC, &end);
  return (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
}

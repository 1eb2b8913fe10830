// What all load generators share: the clock, and a TCP connection from the network of any host.
#ifndef BENCHMARKS_DIAL_H
#define BENCHMARKS_DIAL_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// One line of what the generator is given: whose network, where to dial, and what opens the door there.
struct place {
  int holder;
  char address[64];
  int port;
  char token[128];
};

static inline uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void fail(const char *words) {
  perror(words);
  exit(1);
}

// Descriptors for thousands of sockets, and a turn on the processor when one is due: what is measured is the servers'
// lateness, not the generator's. Where that is not granted, the generator's own lateness is told all the same.
static inline void be_punctual(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (setpriority(PRIO_PROCESS, 0, -10) != 0) errno = 0;
}

static inline int read_place(FILE *from, struct place *place) {
  return fscanf(from, "%d %63s %d %127s", &place->holder, place->address, &place->port, place->token) == 4;
}

// A TCP connection from the network namespace of `place->holder`; 0 means our own. -1 where nobody answers.
static inline int dial(const struct place *place) {
  static int home = -1;
  if (home < 0 && (home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0) fail("/proc/self/ns/net");
  if (place->holder) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/net", place->holder);
    int there = open(path, O_RDONLY | O_CLOEXEC);
    if (there < 0 || setns(there, CLONE_NEWNET) != 0) fail(path);
    close(there);
  }
  int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (place->holder && setns(home, CLONE_NEWNET) != 0) fail("setns");
  if (made < 0) fail("socket");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)place->port)};
  if (inet_pton(AF_INET, place->address, &to.sin_addr) != 1) fail(place->address);
  struct timeval patience = {.tv_sec = 20};
  int yes = 1;
  setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(made, (struct sockaddr *)&to, sizeof to) != 0) {
    close(made);
    return -1;
  }
  return made;
}

#endif

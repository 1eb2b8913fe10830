// Keeps many WebSockets of Bullpen open and says when each first heard a mark, `@NUMBER;`.
//
//     watch PLACES
//
// A line of the file PLACES is HOLDER ADDRESS PORT TOKEN SOCKETS: so many sockets there. It prints `open N` once as
// many as were let in are open and have had an answer, so that they hear what happens from then on, and then
// `SOCKET NUMBER NANOSECONDS` (of the monotonic clock) whenever a socket hears a number for the first time. It ends
// when its input does.
#include "websocket.h"
#include <sys/epoll.h>

#define SOCKETS 4096
#define NUMBERS 1024

struct ear {
  struct websocket socket;
  struct mark mark;
  int number;
  unsigned char has[NUMBERS];
};

static uint64_t burst;

static void marked(void *context, const char *text) {
  struct ear *ear = context;
  unsigned long number = strtoul(text, NULL, 10);
  if (number >= NUMBERS || ear->has[number]) return;
  ear->has[number] = 1;
  printf("%d %lu %llu\n", ear->number, number, (unsigned long long)burst);
}

static void hear(void *context, struct websocket *it, const char *part, size_t length, int begins) {
  (void)it, (void)begins;
  find_marks(&((struct ear *)context)->mark, part, length, marked, context);
}

int main(int count, char **words) {
  static const char ping[] = "{\"type\":\"ping\",\"data\":{}}";
  static char bytes[1 << 16];
  FILE *places = count == 2 ? fopen(words[1], "r") : NULL;
  if (!places) return 2;
  be_punctual();
  int epoll = epoll_create1(0), wanted, open = 0;
  struct place place;
  while (read_place(places, &place) && fscanf(places, "%d", &wanted) == 1) {
    for (; wanted > 0 && open < SOCKETS; wanted--) {
      struct ear *ear = calloc(1, sizeof *ear);
      if (!ear) fail("calloc");
      // The first that is refused says that there is no more room.
      if (!open_websocket(&ear->socket, &place, "/ws") || !send_frame(&ear->socket, TEXT, ping, sizeof ping - 1)
          || !hear_word(&ear->socket, "\"pong\"")) {
        free(ear);
        break;
      }
      ear->number = open;
      do_not_wait(&ear->socket);
      struct epoll_event event = {.events = EPOLLIN, .data.ptr = ear};
      epoll_ctl(epoll, EPOLL_CTL_ADD, ear->socket.descriptor, &event);
      open++;
    }
  }
  struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
  printf("open %d\n", open);
  fflush(stdout);
  for (;;) {
    int ready = epoll_wait(epoll, events, 256, -1);
    for (int index = 0; index < ready; index++) {
      struct ear *ear = events[index].data.ptr;
      ssize_t got = read(ear ? ear->socket.descriptor : 0, bytes, sizeof bytes);
      if (!ear && got <= 0) return 0;
      if (!ear || (got < 0 && errno == EAGAIN)) continue;
      if (got <= 0) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, ear->socket.descriptor, NULL);
        continue;
      }
      burst = nanoseconds();
      take_apart(&ear->socket, bytes, (size_t)got, hear, ear);
    }
    fflush(stdout);
  }
}

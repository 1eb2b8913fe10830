// Moves the cursors of many people at a rate and hears all of them, at each person's own WebSocket.
//
//     cursors bullpen|socketio|nats RATE SECONDS < places
//
// A line of the input is a person: HOLDER ADDRESS PORT TOKEN, dialled from the network namespace of the process HOLDER.
// Every cursor carries a mark with who moved, which move it was and when, so that what is between them may be any relay.
// It prints `begin` and `end` around the time that is measured, and then one line of JSON.
#include "websocket.h"
#include <sys/epoll.h>
#include <sys/timerfd.h>

enum kind { BULLPEN, SOCKETIO, NATS };

#define PEOPLE 256
#define SECOND 1000000000ull
// Nanoseconds until everybody must have heard everybody, and that cursors may be under way after the last.
#define MEETING (30 * SECOND)
#define LEFTOVERS (2 * SECOND)

struct person {
  struct websocket socket;
  struct mark mark;
  int number;
  uint64_t due;
  uint32_t moves;
};

static enum kind kind;
static int people;
static struct person *persons;
static unsigned char heard_of[PEOPLE][PEOPLE];
static int pairs_heard;
// The first move of each person that counts, and the last; the moments between which what is heard counts as work.
static uint32_t first[PEOPLE], last[PEOPLE];
static int counts;
static uint64_t asked, held_back, delivered, arrived, before_newest;
static uint32_t newest[PEOPLE][PEOPLE];
// Microseconds that each cursor took, and that the generator was late.
static uint32_t *took, *late;
static size_t took_have, took_room, late_have, late_room;

static void note(uint32_t **list, size_t *have, size_t *room, uint64_t time) {
  if (*have == *room) {
    *room = *room ? *room * 2 : 1 << 16;
    if (!(*list = realloc(*list, *room * sizeof **list))) fail("realloc");
  }
  (*list)[(*have)++] = (uint32_t)(time / 1000);
}

// MARK: Three ways to say it

static const char *path(void) {
  return kind == BULLPEN ? "/ws" : kind == SOCKETIO ? "/socket.io/?EIO=4&transport=websocket" : "/";
}

static void move(struct person *person, uint64_t now) {
  char body[512], text[900];
  person->moves++;
  asked += (uint64_t)counts;
  double x = (person->moves % 997) / 997.0, y = (person->moves % 613) / 613.0;
  // What an application says of a cursor; whose it is, Bullpen adds by itself, and through the relays it is said.
  int length = snprintf(body, sizeof body,
                        "{\"room\":\"page:/plan\",%s\"line\":%u,\"column\":4,\"pointer\":{\"anchor\":\"surface\","
                        "\"x\":%.4f,\"y\":%.4f},\"payload\":\"@%d,%u,%llu;\"}",
                        kind == BULLPEN ? ""
                                        : "\"user_id\":\"8e5f1c9ad2b3446f9a0c1d2e3f405162\",\"name\":\"Ada Quill\","
                                          "\"colour\":4,",
                        person->moves % 400, x, y, person->number, person->moves, (unsigned long long)now);
  if (kind == BULLPEN)
    length = snprintf(text, sizeof text, "{\"type\":\"cursor.move\",\"data\":%s}", body);
  else if (kind == SOCKETIO)
    length = snprintf(text, sizeof text, "42[\"cursor\",%s]", body);
  else
    length = snprintf(text, sizeof text, "PUB room.plan %d\r\n%s\r\n", length, body);
  if (!send_frame(&person->socket, kind == NATS ? BINARY : TEXT, text, (size_t)length)) held_back += (uint64_t)counts;
}

static void until(struct person *person, const char *word) {
  if (hear_word(&person->socket, word)) return;
  fprintf(stderr, "person %d heard no %s\n", person->number, word);
  exit(1);
}

static void say(struct person *person, int opcode, const char *text) {
  if (!send_frame(&person->socket, opcode, text, strlen(text))) fail("send");
}

static void come_in(struct person *person, const struct place *place) {
  if (!open_websocket(&person->socket, place, path())) {
    fprintf(stderr, "person %d is refused at %s port %d\n", person->number, place->address, place->port);
    exit(1);
  }
  switch (kind) {
  case BULLPEN:
    say(person, TEXT, "{\"type\":\"room.join\",\"data\":{\"room\":\"page:/plan\"}}");
    until(person, "cursor.sync");
    break;
  case SOCKETIO:
    until(person, "\"sid\"");
    say(person, TEXT, "40");
    until(person, "40{\"sid\"");
    say(person, TEXT, "42[\"join\",\"page:/plan\"]");
    until(person, "\"joined\"");
    break;
  case NATS:
    until(person, "INFO ");
    say(person, BINARY,
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\nSUB room.plan 1\r\nPING\r\n");
    until(person, "PONG");
    break;
  }
  do_not_wait(&person->socket);
}

// MARK: What is heard

static uint64_t burst;

static void marked(void *context, const char *text) {
  struct person *person = context;
  char *rest;
  unsigned long from = strtoul(text, &rest, 10);
  uint32_t number = (uint32_t)strtoul(rest + 1, &rest, 10);
  uint64_t sent = strtoull(rest + 1, NULL, 10);
  if (from >= (unsigned long)people || (int)from == person->number || number <= newest[from][person->number]) {
    before_newest++;
    return;
  }
  newest[from][person->number] = number;
  if (!heard_of[from][person->number]) heard_of[from][person->number] = 1, pairs_heard++;
  arrived += (uint64_t)counts;
  if (first[from] && number >= first[from] && (counts || number <= last[from])) {
    delivered++;
    note(&took, &took_have, &took_room, burst - sent);
  }
}

static void hear(void *context, struct websocket *it, const char *part, size_t length, int begins) {
  struct person *person = context;
  // Engine.IO asks whether we are there.
  if (kind == SOCKETIO && begins && it->payload_length == 1 && *part == '2') send_frame(it, TEXT, "3", 1);
  if (kind == NATS && begins && length >= 4 && memcmp(part, "PING", 4) == 0) send_frame(it, BINARY, "PONG\r\n", 6);
  find_marks(&person->mark, part, length, marked, person);
}

static void drain(struct person *person) {
  static char bytes[1 << 18];
  for (;;) {
    ssize_t got = read(person->socket.descriptor, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      fprintf(stderr, "person %d was sent away\n", person->number);
      exit(1);
    }
    burst = nanoseconds();
    take_apart(&person->socket, bytes, (size_t)got, hear, person);
    if (got < (ssize_t)sizeof bytes) return;
  }
}

// MARK: The clock

static int epoll, timer;
static uint64_t interval;

// Moves and hears until `end`, or, with `meeting`, until everybody has heard everybody.
static void go(uint64_t end, int moves, int meeting) {
  struct epoll_event events[PEOPLE];
  for (;;) {
    uint64_t now = nanoseconds(), next = end;
    if (now >= end || (meeting && pairs_heard == people * (people - 1))) return;
    for (int index = 0; moves && index < people; index++) {
      struct person *person = &persons[index];
      if (person->due <= now) {
        if (counts) note(&late, &late_have, &late_room, now - person->due);
        move(person, nanoseconds());
        // Who was held up for long does not make up for it in a burst: no hand does.
        person->due += interval;
        if (person->due + 4 * interval < now) person->due = now + interval;
      }
      if (person->due < next) next = person->due;
    }
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(next / SECOND), .tv_nsec = (long)(next % SECOND)}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
    int ready = epoll_wait(epoll, events, PEOPLE, 1000);
    for (int index = 0; index < ready; index++) {
      struct person *person = events[index].data.ptr;
      uint64_t ticks;
      if (person) drain(person);
      else if (read(timer, &ticks, sizeof ticks) < 0) continue;
    }
  }
}

static int ascending(const void *one, const void *other) {
  uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
  return a < b ? -1 : a > b;
}

// In seconds; -1 where there is none.
static double share(uint32_t *list, size_t have, double part) {
  return have ? list[(size_t)(part * (double)(have - 1))] / 1e6 : -1;
}

int main(int count, char **words) {
  if (count != 4) return 2;
  kind = !strcmp(words[1], "bullpen") ? BULLPEN : !strcmp(words[1], "socketio") ? SOCKETIO : NATS;
  interval = (uint64_t)(1e9 / atof(words[2]));
  double seconds = atof(words[3]);
  be_punctual();
  epoll = epoll_create1(0);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event clock = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &clock);
  persons = calloc(PEOPLE, sizeof *persons);
  struct place place;
  while (people < PEOPLE && read_place(stdin, &place)) {
    struct person *person = &persons[people];
    person->number = people++;
    come_in(person, &place);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = person};
    epoll_ctl(epoll, EPOLL_CTL_ADD, person->socket.descriptor, &event);
  }
  // Hands do not move in step: each has its place in the interval.
  uint64_t start = nanoseconds();
  for (int index = 0; index < people; index++) persons[index].due = start + interval * (uint64_t)index / (uint64_t)people;
  go(start + MEETING, 1, 1);
  go(nanoseconds() + SECOND, 1, 0);

  printf("begin\n");
  fflush(stdout);
  for (int index = 0; index < people; index++) first[index] = persons[index].moves + 1;
  counts = 1;
  uint64_t from = nanoseconds();
  go(from + (uint64_t)(seconds * 1e9), 1, 0);
  double lasted = (double)(nanoseconds() - from) / 1e9;
  counts = 0;
  for (int index = 0; index < people; index++) last[index] = persons[index].moves;
  printf("end\n");
  fflush(stdout);
  go(nanoseconds() + LEFTOVERS, 0, 0);

  qsort(took, took_have, sizeof *took, ascending);
  qsort(late, late_have, sizeof *late, ascending);
  printf("{\"people\":%d,\"seconds\":%.3f,\"asked\":%llu,\"held_back\":%llu,\"delivered\":%llu,\"arrived\":%llu,"
         "\"pairs\":%d,\"p50\":%.6f,\"p90\":%.6f,\"p99\":%.6f,\"most\":%.6f,\"late\":%.6f}\n",
         people, lasted, (unsigned long long)asked, (unsigned long long)held_back, (unsigned long long)delivered,
         (unsigned long long)arrived, pairs_heard, share(took, took_have, 0.5), share(took, took_have, 0.9),
         share(took, took_have, 0.99), share(took, took_have, 1), share(late, late_have, 0.99));
  return 0;
}

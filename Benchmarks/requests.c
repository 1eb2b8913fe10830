// Asks a node one thing after another over one connection of HTTP/1.1, and prints as JSON how long an answer took.
//
//     requests COUNT PATH < place
//
// The line of the input is HOLDER ADDRESS PORT TOKEN.
#include "dial.h"

static int ascending(const void *one, const void *other) {
  uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
  return a < b ? -1 : a > b;
}

// Reads one answer of 200 to its end, and returns how long its body was.
static long answer(int descriptor) {
  static char text[1 << 20];
  size_t have = 0;
  char *body = NULL, *length;
  long wanted = -1;
  for (;;) {
    ssize_t got = read(descriptor, text + have, sizeof text - 1 - have);
    if (got <= 0) fail("read");
    have += (size_t)got;
    text[have] = 0;
    if (!body && (body = strstr(text, "\r\n\r\n"))) {
      body += 4;
      if (strncmp(text, "HTTP/1.1 200", 12) != 0 || !(length = strcasestr(text, "\r\ncontent-length:")) || length > body) {
        fprintf(stderr, "not an answer of 200 with a length: %.200s\n", text);
        exit(1);
      }
      wanted = strtol(length + 17, NULL, 10);
    }
    if (body && (long)(have - (size_t)(body - text)) >= wanted) return wanted;
  }
}

int main(int count, char **words) {
  static char request[8192];
  struct place place;
  if (count != 3 || !read_place(stdin, &place)) return 2;
  size_t times = strtoul(words[1], NULL, 10);
  uint64_t *took = calloc(times, sizeof *took);
  int descriptor = dial(&place);
  if (!took || descriptor < 0) fail("dial");
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nAuthorization: Bearer %s\r\n\r\n",
                        words[2], place.address, place.port, place.token);
  if (length >= (int)sizeof request) return 2;
  long bytes = 0;
  uint64_t start = nanoseconds();
  for (size_t index = 0; index < times; index++) {
    uint64_t asked = nanoseconds();
    if (write(descriptor, request, (size_t)length) != length) fail("write");
    bytes = answer(descriptor);
    took[index] = nanoseconds() - asked;
  }
  uint64_t whole = nanoseconds() - start;
  qsort(took, times, sizeof *took, ascending);
  printf("{\"each\":%.9f,\"p50\":%.9f,\"p99\":%.9f,\"bytes\":%ld}\n", (double)whole / 1e9 / (double)times,
         (double)took[times / 2] / 1e9, (double)took[times * 99 / 100] / 1e9, bytes);
  return 0;
}

// A client's side of RFC 6455, as small as a load generator needs it: it dials from the network namespace of any process,
// shakes hands, sends masked frames, and reads frames as they come, whole or in parts.
#ifndef BENCHMARKS_WEBSOCKET_H
#define BENCHMARKS_WEBSOCKET_H

#include "dial.h"

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

struct websocket {
  int descriptor;
  // What a full socket did not take yet. Frames are short: one is kept, and nothing new is sent before it is gone.
  unsigned char kept[1024];
  size_t keeping;
  // The frame that is being read: its header as far as it is here, then how much of its payload is still to come.
  unsigned char header[10];
  size_t header_have;
  uint64_t payload_left, payload_length;
  int opcode;
};

// Dials and shakes hands; what the server says after that stays to be read. 0 where it is refused.
static inline int open_websocket(struct websocket *it, const struct place *place, const char *path) {
  memset(it, 0, sizeof *it);
  if ((it->descriptor = dial(place)) < 0) return 0;
  char text[2048];
  int length = snprintf(text, sizeof text,
                        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        "Authorization: Bearer %s\r\n\r\n",
                        path, place->address, place->port, place->token);
  if (write(it->descriptor, text, (size_t)length) == length) {
    size_t have = 0;
    while (have < sizeof text - 1) {
      ssize_t got = read(it->descriptor, text + have, 1);
      if (got <= 0) break;
      text[++have] = 0;
      if (have >= 4 && memcmp(text + have - 4, "\r\n\r\n", 4) == 0) {
        if (strncmp(text, "HTTP/1.1 101", 12) == 0) return 1;
        break;
      }
    }
  }
  close(it->descriptor);
  it->descriptor = -1;
  return 0;
}

static inline void do_not_wait(struct websocket *it) {
  fcntl(it->descriptor, F_SETFL, fcntl(it->descriptor, F_GETFL) | O_NONBLOCK);
}

// Whether nothing is left of an earlier frame.
static inline int is_free(struct websocket *it) {
  while (it->keeping) {
    ssize_t sent = write(it->descriptor, it->kept, it->keeping);
    if (sent <= 0) return 0;
    it->keeping -= (size_t)sent;
    memmove(it->kept, it->kept + sent, it->keeping);
  }
  return 1;
}

// Sends one frame of up to 1,000 bytes. 0 where the socket is full: the frame is not sent then, for a newer one follows.
static inline int send_frame(struct websocket *it, int opcode, const char *payload, size_t length) {
  static uint32_t seed = 2463534242u;
  unsigned char frame[1024], mask[4];
  size_t at = 2;
  if (length > 1000 || !is_free(it)) return 0;
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  memcpy(mask, &seed, 4);
  frame[0] = (unsigned char)(0x80 | opcode);
  if (length < 126) {
    frame[1] = (unsigned char)(0x80 | length);
  } else {
    frame[1] = 0x80 | 126;
    frame[2] = (unsigned char)(length >> 8);
    frame[3] = (unsigned char)length;
    at = 4;
  }
  memcpy(frame + at, mask, 4);
  at += 4;
  for (size_t index = 0; index < length; index++) frame[at + index] = (unsigned char)payload[index] ^ mask[index & 3];
  size_t whole = at + length;
  ssize_t sent = write(it->descriptor, frame, whole);
  if (sent < 0) return 0;
  it->keeping = whole - (size_t)sent;
  memcpy(it->kept, frame + sent, it->keeping);
  return 1;
}

// Takes bytes as they came from the socket apart. `hear` is called with each part of a payload; `begins` says whether
// it is the first of its frame.
typedef void hearing(void *context, struct websocket *it, const char *part, size_t length, int begins);

static inline void take_apart(struct websocket *it, const char *bytes, size_t length, hearing *hear, void *context) {
  while (length) {
    if (!it->payload_left) {
      it->header[it->header_have++] = (unsigned char)*bytes++;
      length--;
      if (it->header_have < 2) continue;
      int size = it->header[1] & 127, more = size == 127 ? 8 : size == 126 ? 2 : 0;
      if (it->header_have < (size_t)(2 + more)) continue;
      uint64_t payload = more ? 0 : (uint64_t)size;
      for (int index = 0; index < more; index++) payload = payload << 8 | it->header[2 + index];
      it->opcode = it->header[0] & 15;
      it->header_have = 0;
      it->payload_left = it->payload_length = payload;
      if (it->opcode == PING) send_frame(it, PONG, "", 0);
      continue;
    }
    size_t part = length < it->payload_left ? length : (size_t)it->payload_left;
    if (it->opcode < CLOSE) hear(context, it, bytes, part, it->payload_left == it->payload_length);
    it->payload_left -= part;
    bytes += part;
    length -= part;
  }
}

struct waiting {
  char text[4096];
  size_t have;
};

static inline void listen_for(void *context, struct websocket *it, const char *part, size_t length, int begins) {
  struct waiting *waiting = context;
  (void)it, (void)begins, (void)length;
  if (waiting->have == sizeof waiting->text - 1) waiting->have = 0;
  waiting->text[waiting->have++] = *part ? *part : ' ';
  waiting->text[waiting->have] = 0;
}

// Reads until a word comes, while a read may still wait; 0 where none does. A byte at a time, so that what follows is
// still there.
static inline int hear_word(struct websocket *it, const char *word) {
  static struct waiting waiting;
  char byte;
  waiting.have = 0;
  waiting.text[0] = 0;
  for (size_t length = strlen(word);;) {
    if (waiting.have >= length && memcmp(waiting.text + waiting.have - length, word, length) == 0) return 1;
    if (read(it->descriptor, &byte, 1) != 1) return 0;
    take_apart(it, &byte, 1, listen_for, &waiting);
  }
}

// A mark, `@NUMBER,NUMBER…;`, is what a receiver looks for in whatever surrounds it.
struct mark {
  char text[64];
  size_t have;
};

typedef void marking(void *context, const char *text);

static inline void find_marks(struct mark *mark, const char *part, size_t length, marking *found, void *context) {
  const char *end = part + length;
  while (part < end) {
    if (!mark->have) {
      if (!(part = memchr(part, '@', (size_t)(end - part)))) return;
      part++;
      mark->text[0] = '@';
      mark->have = 1;
      continue;
    }
    char letter = *part++;
    if (letter == ';') {
      mark->text[mark->have] = 0;
      mark->have = 0;
      found(context, mark->text + 1);
    } else if ((letter >= '0' && letter <= '9') || letter == ',') {
      if (mark->have < sizeof mark->text - 1) mark->text[mark->have++] = letter;
    } else {
      mark->have = 0;
    }
  }
}

#endif

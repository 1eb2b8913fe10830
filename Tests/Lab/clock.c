/* Clocks of one process that differ from the machine's: LD_PRELOAD adds to each of three clocks what a file says, which
   CLOCK_FILE names: nanoseconds that the wall, boot and monotonic clock are ahead, as three signed 64-bit numbers in the
   machine's order of bytes. The file may change at any time. A timer that is set to a moment of such a clock goes off
   when the process' own clock is there; one that was set before a change goes off when it would have. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { WALL, BOOT, AWAKE, CLOCKS };
enum { SECOND = 1000000000, FILES = 4096 };

static const volatile int64_t *offsets;
static unsigned char timers[FILES]; /* by descriptor: the clock of a timer, and one more */

__attribute__((constructor)) static void map(void) {
  const char *name = getenv("CLOCK_FILE");
  int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *place = mmap(NULL, CLOCKS * sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (place != MAP_FAILED) offsets = place;
  close(file);
}

static int64_t ahead(clockid_t clock) {
  if (!offsets) return 0;
  switch (clock) {
    case CLOCK_REALTIME: case CLOCK_REALTIME_COARSE: return offsets[WALL];
    case CLOCK_BOOTTIME: return offsets[BOOT];
    case CLOCK_MONOTONIC: case CLOCK_MONOTONIC_COARSE: case CLOCK_MONOTONIC_RAW: return offsets[AWAKE];
    default: return 0;
  }
}

static void shift(struct timespec *time, int64_t by) {
  int64_t all = time->tv_sec * (int64_t)SECOND + time->tv_nsec + by;
  if (all < 1) all = 1; /* zero would stop a timer */
  time->tv_sec = all / SECOND;
  time->tv_nsec = all % SECOND;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int failed = (int)syscall(SYS_clock_gettime, clock, time);
  if (!failed) shift(time, ahead(clock));
  return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec time;
  if (clock_gettime(CLOCK_REALTIME, &time)) return -1;
  now->tv_sec = time.tv_sec;
  now->tv_usec = time.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *place) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (place) *place = now.tv_sec;
  return now.tv_sec;
}

int timerfd_create(clockid_t clock, int flags) {
  int made = (int)syscall(SYS_timerfd_create, clock, flags);
  if (made >= 0 && made < FILES) timers[made] = (unsigned char)(clock + 1);
  return made;
}

int timerfd_settime(int timer, int flags, const struct itimerspec *new, struct itimerspec *old) {
  struct itimerspec set = *new;
  int isAbsolute = flags & TFD_TIMER_ABSTIME, isSet = set.it_value.tv_sec || set.it_value.tv_nsec;
  if (isAbsolute && isSet && timer >= 0 && timer < FILES && timers[timer])
    shift(&set.it_value, -ahead(timers[timer] - 1));
  return (int)syscall(SYS_timerfd_settime, timer, flags, &set, old);
}

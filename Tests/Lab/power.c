/* Power that goes right before a process changes a file: LD_PRELOAD counts the calls by which it changes what lies in the
   folder that POWER_FOLDER names, and SIGKILL comes instead of the one with which the count in the file POWER_FILE, a
   signed 64-bit number in the machine's order of bytes, reaches zero. The count may be set at any time. What was called,
   and on which path, is added to the file POWER_TRACE, a line each. What SQLite shares by mapped memory is not counted. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int64_t *left;
static const char *folder;
static int trace = -1;

__attribute__((constructor)) static void map(void) {
  const char *name = getenv("POWER_FILE"), *log = getenv("POWER_TRACE");
  folder = getenv("POWER_FOLDER");
  int file = name ? (int)syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC, 0) : -1;
  if (file < 0 || !folder) return;
  if (log) trace = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  void *place = mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (place != MAP_FAILED) left = place;
  syscall(SYS_close, file);
}

static void change(const char *call, const char *path) {
  if (!left || !path || strncmp(path, folder, strlen(folder))) return;
  int64_t before = __atomic_fetch_sub(left, 1, __ATOMIC_SEQ_CST);
  char line[PATH_MAX + 32];
  int length = snprintf(line, sizeof line, "%s %s\n", call, path);
  if (trace >= 0) (void)!syscall(SYS_write, trace, line, length);
  if (before == 1) syscall(SYS_kill, getpid(), SIGKILL);
}

static void change_of(const char *call, int file) {
  char link[64], path[PATH_MAX];
  if (!left) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  change(call, path);
}

/* Only a file that is made or emptied by it is a change. */
static int opened(int at, const char *path, int flags, mode_t mode) {
  if (flags & O_TRUNC || (flags & O_CREAT && syscall(SYS_faccessat, at, path, F_OK))) change("open", path);
  return (int)syscall(SYS_openat, at, path, flags, mode);
}

#define MODE(last) mode_t mode = 0; if (flags & (O_CREAT | __O_TMPFILE)) { va_list all; va_start(all, last); \
  mode = va_arg(all, mode_t); va_end(all); }
int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }

int rename(const char *old, const char *new) {
  change("rename", new);
  return (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}
int renameat(int from, const char *old, int to, const char *new) {
  change("rename", new);
  return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}
int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
  change("rename", new);
  return (int)syscall(SYS_renameat2, from, old, to, new, flags);
}
int link(const char *old, const char *new) {
  change("link", new);
  return (int)syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0);
}
int unlink(const char *path) {
  change("unlink", path);
  return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
int unlinkat(int at, const char *path, int flags) {
  change("unlink", path);
  return (int)syscall(SYS_unlinkat, at, path, flags);
}
int rmdir(const char *path) {
  change("rmdir", path);
  return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}
int mkdir(const char *path, mode_t mode) {
  change("mkdir", path);
  return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
int mkdirat(int at, const char *path, mode_t mode) {
  change("mkdir", path);
  return (int)syscall(SYS_mkdirat, at, path, mode);
}
int ftruncate(int file, off_t length) {
  change_of("truncate", file);
  return (int)syscall(SYS_ftruncate, file, length);
}
int ftruncate64(int file, off64_t length) {
  change_of("truncate", file);
  return (int)syscall(SYS_ftruncate, file, length);
}
ssize_t write(int file, const void *bytes, size_t count) {
  if (file > 2) change_of("write", file);
  return syscall(SYS_write, file, bytes, count);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
  change_of("write", file);
  return syscall(SYS_pwrite64, file, bytes, count, place);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
  change_of("write", file);
  return syscall(SYS_pwrite64, file, bytes, count, place);
}

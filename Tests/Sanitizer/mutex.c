/* Tells ThreadSanitizer of a Synchronization.Mutex that two threads want at once: LD_PRELOAD.

   It sees what was compiled for it. Taking hold of a mutex that is free is compiled into whoever does it; waiting for
   one that is not, and waking who waits, are functions of Swift's own library, of which it sees nothing: what the mutex
   protects then looks unprotected. These stand before those two, and say what they do. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

/* _MutexHandle._lockSlow(UInt32) and _MutexHandle._unlockSlow() */
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock(uint32_t thread, SELF mutex) __asm__(LOCK);
SWIFT void unlock(SELF mutex) __asm__(UNLOCK);

/* Missing in programs that were not built for the sanitizer, such as the one that runs the tests. */
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

SWIFT void lock(uint32_t thread, SELF mutex) {
  SWIFT void (*wait)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK);
  wait(thread, mutex);
  if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock(SELF mutex) {
  SWIFT void (*wake)(SELF) = dlsym(RTLD_NEXT, UNLOCK);
  if (__tsan_release) __tsan_release(mutex);
  wake(mutex);
}

// SPDX-License-Identifier: Apache-2.0

/* Tells ThreadSanitizer of two orders that it cannot see, because the Swift runtime is not built
 * with it. Loaded before the runtime (LD_PRELOAD), by Scripts/check-sanitizers only.
 *
 * 1. A Mutex that is contended: the slow halves of its lock and unlock are in libswiftSynchronization
 *    (the fast halves are inlined into the caller, and seen).
 * 2. A continuation that is resumed before its task waits for it: resuming releases the task's
 *    address (_swift_tsan_release in resumeTaskAfterContinuation), but swift_continuation_await
 *    acquires it only where it suspends.
 *
 * Neither hides a race of ours: each adds exactly the order that the runtime guarantees.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define ASYNC __attribute__((swiftasynccall))
#define CONTEXT __attribute__((swift_async_context))

/* Of the sanitizer, in the test program; missing in programs that are built without it. */
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

/* Of the Swift runtime. */
extern SWIFT void *swift_task_getCurrent(void) __attribute__((weak));

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static void acquire(void *address) {
  if (__tsan_acquire) __tsan_acquire(address);
}
static void release(void *address) {
  if (__tsan_release) __tsan_release(address);
}

/* ---- 1. Synchronization._MutexHandle ------------------------------------------------------- */

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void lock_function(uint32_t thread, SELF void *handle);
typedef SWIFT void unlock_function(SELF void *handle);

static lock_function *real_lock;
static unlock_function *real_unlock;

SWIFT void lock_slow(uint32_t thread, SELF void *handle) __asm__(LOCK_SLOW);
SWIFT void unlock_slow(SELF void *handle) __asm__(UNLOCK_SLOW);

SWIFT void lock_slow(uint32_t thread, SELF void *handle) {
  real_lock(thread, handle);
  acquire(handle);
}

SWIFT void unlock_slow(SELF void *handle) {
  release(handle);
  real_unlock(handle);
}

/* ---- 2. Continuations ---------------------------------------------------------------------- */

/* The head of every async context: ABI. */
struct context {
  void *parent;
  ASYNC void (*resume)(CONTEXT struct context *);
};

/* Takes the context as any other argument, unlike the functions that resume a task. */
typedef ASYNC void await_function(struct context *context);
static await_function *real_await;

/* The wait that this thread is about to begin. */
static _Thread_local struct {
  struct context *context;
  ASYNC void (*resume)(CONTEXT struct context *);
} beginning;

/* Called by swift_continuation_await where it does not suspend, on the thread that called it; a
 * task that was suspended goes on by a pointer of its own (AsyncTask::ResumeTask, which
 * swift_continuation_init has set). */
static ASYNC void resumed_already(CONTEXT struct context *context) {
  if (beginning.context != context) abort();
  context->resume = beginning.resume;
  acquire(swift_task_getCurrent());
  __attribute__((musttail)) return context->resume(context);
}

ASYNC void swift_continuation_await(struct context *context) {
  beginning.context = context;
  beginning.resume = context->resume;
  context->resume = resumed_already;
  __attribute__((musttail)) return real_await(context);
}

__attribute__((constructor)) static void find_real_functions(void) {
  real_lock = (lock_function *)next(LOCK_SLOW);
  real_unlock = (unlock_function *)next(UNLOCK_SLOW);
  real_await = (await_function *)next("swift_continuation_await");
  if (__tsan_acquire && !(real_lock && real_unlock && real_await)) {
    fputs("thread-order.c: this Swift runtime has other names for what is to be seen\n", stderr);
    abort();
  }
}

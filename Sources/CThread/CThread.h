// SPDX-License-Identifier: Apache-2.0

/* The identity of threads, for code that may go on on another thread in the middle of a function. */
#ifndef SWIFT_URING_CTHREAD_H
#define SWIFT_URING_CTHREAD_H

#include <pthread.h>
#include <stdint.h>

/* Identifies the calling thread while it lives.
 * glibc declares pthread_self(3) as __attribute__((const)): a compiler may use its answer from before
 * a suspension of an asynchronous function behind it, where another thread may run the rest (found by
 * a soak: a loop's tables were used on a thread that was not the loop's). Pure is as much as can be
 * said: it reads what a suspension may change, and it ends no object. */
__attribute__((pure)) static inline uintptr_t cthread_current(void) {
#if defined(__x86_64__)
  uintptr_t self;
  __asm__ volatile("movq %%fs:0, %0" : "=r"(self));
  return self;
#elif defined(__aarch64__)
  uintptr_t self;
  __asm__ volatile("mrs %0, tpidr_el0" : "=r"(self));
  return self;
#else
  static pthread_t (*const volatile identify)(void) = pthread_self;
  return (uintptr_t)identify();
#endif
}

#endif

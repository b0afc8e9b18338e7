// SPDX-License-Identifier: Apache-2.0

// With the trap flag set, the processor raises SIGTRAP after each instruction (Intel SDM, volume 3,
// "Single-step exception condition"). The kernel clears the flag for the handler and restores it
// afterwards; a system call counts as one instruction.
#define _GNU_SOURCE
#include "CProbes.h"

#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <ucontext.h>

// Where instructions were, by address: a hash table, because a handler must not allocate. Written
// by the one thread that is being counted.
enum { place_count = 1 << 16 };
static struct {
  uintptr_t address;
  uint64_t count;
} places[place_count];

static _Thread_local volatile uint64_t instructions;

uint64_t cprobes_instructions(void) { return instructions; }

#ifdef __x86_64__

static void count_at(uintptr_t address) {
  size_t index = address * 0x9E3779B97F4A7C15u >> 48;
  for (size_t tries = 0; tries < place_count; tries++) {
    size_t place = (index + tries) % place_count;
    if (places[place].address == 0) places[place].address = address;
    if (places[place].address != address) continue;
    places[place].count++;
    return;
  }
}

static void count_instruction(int number, siginfo_t *information, void *context) {
  (void)number;
  (void)information;
  instructions++;
  count_at((uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP]);
}

bool cprobes_start_stepping(void) {
  struct sigaction action = {.sa_sigaction = count_instruction, .sa_flags = SA_RESTART | SA_SIGINFO};
  if (sigaction(SIGTRAP, &action, NULL) != 0) return false;
  // Raised by the thread's own instruction while blocked, the signal would end the process.
  sigset_t trap;
  sigemptyset(&trap);
  sigaddset(&trap, SIGTRAP);
  if (pthread_sigmask(SIG_UNBLOCK, &trap, NULL) != 0) return false;
  // Below the red zone, which pushfq would overwrite.
  __asm__ volatile(
      "leaq -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
      "leaq 128(%%rsp), %%rsp" ::: "memory", "cc");
  return true;
}

void cprobes_stop_stepping(void) {
  __asm__ volatile(
      "leaq -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\t"
      "leaq 128(%%rsp), %%rsp" ::: "memory", "cc");
}

#else

// No trap to count by: the places stay empty.

bool cprobes_start_stepping(void) { return false; }

void cprobes_stop_stepping(void) {}

#endif

bool cprobes_write_places(const char *path) {
  FILE *file = fopen(path, "w");
  if (file == NULL) return false;
  for (size_t place = 0; place < place_count; place++) {
    Dl_info information;
    if (places[place].count == 0) continue;
    if (dladdr((void *)places[place].address, &information) == 0) continue;
    fprintf(file, "%llu 0x%llx %s\n", (unsigned long long)places[place].count,
            (unsigned long long)(places[place].address - (uintptr_t)information.dli_fbase),
            information.dli_fname);
  }
  return fclose(file) == 0;
}

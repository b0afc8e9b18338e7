// SPDX-License-Identifier: Apache-2.0

// Defined in the program itself, these take the place of glibc's for every library it loads, which
// is a documented use: "Replacing malloc" in the GNU C Library's manual.
#include "CProbes.h"

#include <errno.h>
#include <stddef.h>

// glibc's own, under the names it has exported since 2.0.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// In the program's own thread-local block, so that counting never allocates.
static _Thread_local uint64_t allocations;

uint64_t cprobes_allocations(void) { return allocations; }

void *malloc(size_t size) {
  allocations++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  allocations++;
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  allocations++;
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  allocations++;
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *block = memalign(alignment, size);
  if (block == NULL) return ENOMEM;
  *memory = block;
  return 0;
}

// SPDX-License-Identifier: Apache-2.0

// What the calling thread has done so far: allocations, reference counting, instructions.
//
// A program that links this target has its malloc(3) replaced by one that counts and then does what
// glibc's does. All counts are the calling thread's own.
#ifndef CPROBES_H
#define CPROBES_H

#include <stdbool.h>
#include <stdint.h>

// Calls of malloc, calloc, realloc, posix_memalign, aligned_alloc and memalign.
uint64_t cprobes_allocations(void);

// Starts or stops counting retains and releases, of all threads; it slows both down.
// Whether the Swift runtime in use has the hooks for that.
bool cprobes_watch_references(bool on);

// Retains and releases while they were watched.
uint64_t cprobes_references(void);

// Starts to count the calling thread's instructions in user space, by a trap after each one:
// exact, repeatable, without a performance counter, and some thousand times slower.
// Whether this processor can; x86-64 only.
bool cprobes_start_stepping(void);

// Stops counting the calling thread's instructions.
void cprobes_stop_stepping(void);

// Instructions counted so far.
uint64_t cprobes_instructions(void);

// Writes where they were, of all threads: a count, an offset and the file that the offset is in on
// each line, as a symbolizer takes them. Whether the file could be written.
bool cprobes_write_places(const char *path);

#endif

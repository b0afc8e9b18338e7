// SPDX-License-Identifier: Apache-2.0

// The Swift runtime calls retain and release through these pointers once a flag says so, which is
// meant for instruments (HeapObject.h in its sources). They are looked up by name, because a
// runtime without them is no error.
#define _GNU_SOURCE
#include "CProbes.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>

typedef void *(*retain_function)(void *object);
typedef void (*release_function)(void *object);
typedef void *(*retain_many_function)(void *object, uint32_t count);
typedef void (*release_many_function)(void *object, uint32_t count);

static _Thread_local uint64_t references;
static retain_function own_retain;
static release_function own_release;
static retain_many_function own_retain_many;
static release_many_function own_release_many;

uint64_t cprobes_references(void) { return references; }

static void *count_retain(void *object) {
  references++;
  return own_retain(object);
}

static void count_release(void *object) {
  references++;
  own_release(object);
}

static void *count_retain_many(void *object, uint32_t count) {
  references += count;
  return own_retain_many(object, count);
}

static void count_release_many(void *object, uint32_t count) {
  references += count;
  own_release_many(object, count);
}

bool cprobes_watch_references(bool on) {
  retain_function *retain = dlsym(RTLD_DEFAULT, "_swift_retain");
  release_function *release = dlsym(RTLD_DEFAULT, "_swift_release");
  retain_many_function *retain_many = dlsym(RTLD_DEFAULT, "_swift_retain_n");
  release_many_function *release_many = dlsym(RTLD_DEFAULT, "_swift_release_n");
  atomic_bool *watched = dlsym(
      RTLD_DEFAULT,
      "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly");
  if (!retain || !release || !retain_many || !release_many || !watched) return false;
  if (on && own_retain == NULL) {
    own_retain = *retain;
    own_release = *release;
    own_retain_many = *retain_many;
    own_release_many = *release_many;
    *retain = count_retain;
    *release = count_release;
    *retain_many = count_retain_many;
    *release_many = count_release_many;
  }
  atomic_store(watched, on);
  return true;
}

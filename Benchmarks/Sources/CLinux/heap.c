// SPDX-License-Identifier: Apache-2.0

#include "CLinux.h"

#include <malloc.h>

void clinux_trim_heap(void) { malloc_trim(0); }

uint64_t clinux_heap_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

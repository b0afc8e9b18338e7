// SPDX-License-Identifier: Apache-2.0

/* What one thread gives up without the rest of its process, for checks of the kernel. */
#ifndef SWIFT_URING_THREAD_RIGHTS_H
#define SWIFT_URING_THREAD_RIGHTS_H

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

/* unshare(2) with CLONE_FILES: the C library declares neither without _GNU_SOURCE. */
static inline int curing_unshare_descriptors(void) { return (int)syscall(SYS_unshare, 0x400); }

/* close_range(2) from 3 on with CLOSE_RANGE_UNSHARE (Linux 5.9): the thread gets a table of its own with
 * the standard streams only, and holds nothing of others open even for a moment. */
static inline int curing_start_descriptors_anew(void) {
  return (int)syscall(SYS_close_range, 3U, ~0U, 1U << 1);
}

/* capset(2) without CAP_IPC_LOCK; 0 also where the thread did not have it. */
static inline int curing_drop_lock_capability(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  memset(sets, 0, sizeof sets);
  if (syscall(SYS_capget, &header, sets) != 0) return -1;
  sets[0].effective &= ~(1U << CAP_IPC_LOCK);
  return (int)syscall(SYS_capset, &header, sets);
}

#endif

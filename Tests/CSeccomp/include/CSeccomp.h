// SPDX-License-Identifier: Apache-2.0

/* Lets a test's child process refuse itself a system call, as a container's seccomp profile does. */
#ifndef SWIFT_URING_TESTS_CSECCOMP_H
#define SWIFT_URING_TESTS_CSECCOMP_H

/* Makes io_uring_setup(2) answer `error` on the calling thread. Returns 0 or -errno.
 * There is no way back: call it in a process that ends soon. */
int cseccomp_refuse_io_uring(int error);

#endif

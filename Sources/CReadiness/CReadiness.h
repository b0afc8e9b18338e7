// SPDX-License-Identifier: Apache-2.0

/* Kernel interfaces of the readiness model that Swift's Glibc module leaves out. */
#ifndef SWIFT_URING_CREADINESS_H
#define SWIFT_URING_CREADINESS_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* Enumerators that Swift imports as values of different types, as plain numbers. */
static const uint32_t CREADINESS_EDGE = EPOLLET;
static const uint32_t CREADINESS_ONESHOT = EPOLLONESHOT;
static const int32_t CREADINESS_CLOEXEC = EPOLL_CLOEXEC;

/* accept4(2), which the C library declares only with _GNU_SOURCE; it cannot be declared again
 * under its own name, because that would clash where the macro is defined. */
extern int creadiness_accept4(int listener, void *address, void *byte_count, int flags)
    __asm__("accept4");

#endif

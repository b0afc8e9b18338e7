// SPDX-License-Identifier: Apache-2.0

/* The C library's names that SignalTable.swift uses, but for errno. */
#ifndef OUTSIDE_GLIBC_H
#define OUTSIDE_GLIBC_H

typedef __SIZE_TYPE__ size_t;
int sched_yield(void);
long write(int descriptor, const void *bytes, size_t count);

#endif

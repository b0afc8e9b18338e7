// SPDX-License-Identifier: Apache-2.0

// UDP in C: the server that the library's are set against, and the load for all of them.
#ifndef CDATAGRAMS_H
#define CDATAGRAMS_H

#include <stdint.h>

// A UDP socket bound to 127.0.0.1, and its port. The descriptor, or -1 with errno.
int cdatagrams_bind(uint16_t *port);

// Sends back what comes, with recvmmsg(2) and sendmmsg(2), up to 64 datagrams a call, until
// `stop` is not 0. Counts datagrams, bytes and system calls. 0, or -1 with errno.
int cdatagrams_echo(int descriptor, const volatile int *stop, volatile uint64_t counts[3]);

// Clients that each keep a window of datagrams on their way to 127.0.0.1.
struct cdatagrams_load;

// `sockets` connected clients with `window` datagrams of `size` bytes (16 or more) each.
// NULL with errno where they cannot be made.
struct cdatagrams_load *cdatagrams_open(uint16_t port, int sockets, int window, int size);

// What a run has seen.
struct cdatagrams_counts {
  // Datagrams that came back with their own bytes.
  uint64_t echoed;
  // Datagrams that came back with other bytes, or twice.
  uint64_t bad;
  // Windows that were sent anew because nothing of them came back for 100 ms, in datagrams.
  uint64_t lost;
  // Nanoseconds of the monotonic clock.
  uint64_t nanoseconds;
};

// Runs for so many nanoseconds; may be called again, and goes on. 0, or -1 with errno.
int cdatagrams_run(
    struct cdatagrams_load *load, uint64_t nanoseconds, struct cdatagrams_counts *counts);

void cdatagrams_close(struct cdatagrams_load *load);

#endif

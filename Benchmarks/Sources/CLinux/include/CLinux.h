// SPDX-License-Identifier: Apache-2.0

// Kernel interfaces that Swift's Glibc module does not show.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>
#include <sys/epoll.h>

// Binds the calling thread, and every process it starts from now on, to one CPU.
// 0, or -1 with errno. sched_setaffinity(2).
int clinux_pin_thread(int cpu);

// Writes the CPUs the calling thread may run on, in ascending order; at most `capacity` of them.
// How many there are, or -1 with errno. sched_getaffinity(2).
int clinux_allowed_cpus(int *cpus, int capacity);

// Lets the calling thread, once woken, wait for the running one to block instead of taking its
// place. 0, or -1 with errno. SCHED_BATCH, sched(7).
int clinux_batch_thread(void);

// Has the kernel send `signal` to this process when the thread that started it ends.
// 0, or -1 with errno. PR_SET_PDEATHSIG(2const).
int clinux_signal_on_parent_death(int signal);

// Waits for events for at most `nanoseconds`; epoll_wait(2) counts in milliseconds.
// How many of `events` are filled, or -1 with errno. epoll_pwait2(2), Linux 5.11.
int clinux_wait_for_events(int epoll, struct epoll_event *events, int capacity, long nanoseconds);

// Has timed waits of the calling thread end at most `nanoseconds` late; 50,000 unless told.
// 0, or -1 with errno. PR_SET_TIMERSLACK(2const).
int clinux_set_timer_slack(unsigned long nanoseconds);

// Gives the kernel the memory back that malloc(3) keeps for later. malloc_trim(3).
void clinux_trim_heap(void);

// Bytes that the program has from malloc(3) and has not freed, in all arenas; what threads keep to
// themselves for later counts too. mallinfo2(3).
uint64_t clinux_heap_bytes(void);

#endif

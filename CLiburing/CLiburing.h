// SPDX-License-Identifier: Apache-2.0

/* The C side of swift-uring: liburing's own header, and fixed signatures for Swift.
 *
 * Everything here is one of
 *   (a) a wrapper that gives a liburing call one signature across liburing 2.3 and later,
 *       because Swift cannot import function-like macros and some types changed between versions;
 *   (b) a constant that Swift cannot see (a macro over an enum) or that liburing 2.3 lacks,
 *       each with the kernel version that introduced it;
 *   (c) a work-around for a defect of liburing 2.3, with the version that repaired it.
 * Nothing here decides anything.
 */
#ifndef SWIFT_URING_CLIBURING_H
#define SWIFT_URING_CLIBURING_H

#include "Renames.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- (b) constants ------------------------------------------------------------------------ */

#define CURING_CONSTANT(name, type, value) static const type name = (value)

CURING_CONSTANT(CURING_SETUP_CQSIZE, uint32_t, IORING_SETUP_CQSIZE);
CURING_CONSTANT(CURING_SETUP_CLAMP, uint32_t, IORING_SETUP_CLAMP);
CURING_CONSTANT(CURING_SETUP_R_DISABLED, uint32_t, IORING_SETUP_R_DISABLED);
CURING_CONSTANT(CURING_SETUP_SUBMIT_ALL, uint32_t, IORING_SETUP_SUBMIT_ALL);
CURING_CONSTANT(CURING_SETUP_COOP_TASKRUN, uint32_t, IORING_SETUP_COOP_TASKRUN);
CURING_CONSTANT(CURING_SETUP_TASKRUN_FLAG, uint32_t, IORING_SETUP_TASKRUN_FLAG);
CURING_CONSTANT(CURING_SETUP_SINGLE_ISSUER, uint32_t, IORING_SETUP_SINGLE_ISSUER);
CURING_CONSTANT(CURING_SETUP_DEFER_TASKRUN, uint32_t, IORING_SETUP_DEFER_TASKRUN);

CURING_CONSTANT(CURING_FEAT_NODROP, uint32_t, IORING_FEAT_NODROP);
CURING_CONSTANT(CURING_FEAT_SUBMIT_STABLE, uint32_t, IORING_FEAT_SUBMIT_STABLE);
CURING_CONSTANT(CURING_FEAT_FAST_POLL, uint32_t, IORING_FEAT_FAST_POLL);
CURING_CONSTANT(CURING_FEAT_EXT_ARG, uint32_t, IORING_FEAT_EXT_ARG);
CURING_CONSTANT(CURING_FEAT_RECVSEND_BUNDLE, uint32_t, 1U << 14); /* Linux 6.10; liburing 2.7. */
CURING_CONSTANT(CURING_FEAT_MIN_TIMEOUT, uint32_t, 1U << 15);     /* Linux 6.12; liburing 2.8. */
CURING_CONSTANT(CURING_FEAT_NO_IOWAIT, uint32_t, 1U << 17);       /* Linux 6.15; liburing 2.10. */

CURING_CONSTANT(CURING_ENTER_NO_IOWAIT, uint32_t, 1U << 7); /* Linux 6.15; liburing 2.10. */

CURING_CONSTANT(CURING_RECVSEND_POLL_FIRST, uint16_t, IORING_RECVSEND_POLL_FIRST);
CURING_CONSTANT(CURING_ACCEPT_DONTWAIT, uint16_t, 1U << 1);   /* Linux 6.10; liburing 2.7. */
CURING_CONSTANT(CURING_ACCEPT_POLL_FIRST, uint16_t, 1U << 2); /* Linux 6.10; liburing 2.7. */

CURING_CONSTANT(CURING_CQE_F_BUFFER, uint32_t, IORING_CQE_F_BUFFER);
CURING_CONSTANT(CURING_CQE_F_MORE, uint32_t, IORING_CQE_F_MORE);
CURING_CONSTANT(CURING_CQE_F_SOCK_NONEMPTY, uint32_t, IORING_CQE_F_SOCK_NONEMPTY);
CURING_CONSTANT(CURING_CQE_F_NOTIF, uint32_t, IORING_CQE_F_NOTIF);
CURING_CONSTANT(CURING_CQE_BUFFER_SHIFT, uint32_t, IORING_CQE_BUFFER_SHIFT);

CURING_CONSTANT(CURING_SQ_CQ_OVERFLOW, uint32_t, IORING_SQ_CQ_OVERFLOW);
CURING_CONSTANT(CURING_SQ_TASKRUN, uint32_t, IORING_SQ_TASKRUN);

CURING_CONSTANT(CURING_MSG_NOSIGNAL, int32_t, MSG_NOSIGNAL);
CURING_CONSTANT(CURING_MSG_DONTWAIT, int32_t, MSG_DONTWAIT);
CURING_CONSTANT(CURING_MSG_WAITALL, int32_t, MSG_WAITALL);
CURING_CONSTANT(CURING_MSG_TRUNC, int32_t, MSG_TRUNC);
/* A constant of glibc's for GNU sources only; of unix(7). */
CURING_CONSTANT(CURING_MSG_CMSG_CLOEXEC, int32_t, 0x40000000);

CURING_CONSTANT(CURING_POLLIN, uint32_t, POLLIN);
CURING_CONSTANT(CURING_POLLOUT, uint32_t, POLLOUT);

CURING_CONSTANT(CURING_OP_TIMEOUT, uint8_t, IORING_OP_TIMEOUT);
CURING_CONSTANT(CURING_OP_ACCEPT, uint8_t, IORING_OP_ACCEPT);
CURING_CONSTANT(CURING_OP_ASYNC_CANCEL, uint8_t, IORING_OP_ASYNC_CANCEL);
CURING_CONSTANT(CURING_OP_LINK_TIMEOUT, uint8_t, IORING_OP_LINK_TIMEOUT);
CURING_CONSTANT(CURING_OP_CONNECT, uint8_t, IORING_OP_CONNECT);
CURING_CONSTANT(CURING_OP_CLOSE, uint8_t, IORING_OP_CLOSE);
CURING_CONSTANT(CURING_OP_READ, uint8_t, IORING_OP_READ);
CURING_CONSTANT(CURING_OP_SEND, uint8_t, IORING_OP_SEND);
CURING_CONSTANT(CURING_OP_RECV, uint8_t, IORING_OP_RECV);
CURING_CONSTANT(CURING_OP_SHUTDOWN, uint8_t, IORING_OP_SHUTDOWN);
CURING_CONSTANT(CURING_OP_MSG_RING, uint8_t, IORING_OP_MSG_RING);
CURING_CONSTANT(CURING_OP_SOCKET, uint8_t, IORING_OP_SOCKET);
CURING_CONSTANT(CURING_OP_SEND_ZC, uint8_t, IORING_OP_SEND_ZC);

/* Operations newer than liburing 2.3; the numbers are kernel ABI. */
CURING_CONSTANT(CURING_OP_SENDMSG_ZC, uint8_t, 48);       /* Linux 6.1. */
CURING_CONSTANT(CURING_OP_READ_MULTISHOT, uint8_t, 49);   /* Linux 6.7. */
CURING_CONSTANT(CURING_OP_FIXED_FD_INSTALL, uint8_t, 54); /* Linux 6.8. */
CURING_CONSTANT(CURING_OP_BIND, uint8_t, 56);             /* Linux 6.11. */
CURING_CONSTANT(CURING_OP_LISTEN, uint8_t, 57);           /* Linux 6.11. */
CURING_CONSTANT(CURING_OP_RECV_ZC, uint8_t, 58);          /* Linux 6.15. */
CURING_CONSTANT(CURING_OP_EPOLL_WAIT, uint8_t, 59);       /* Linux 6.15. */

CURING_CONSTANT(CURING_REGISTER_RING_FDS, uint32_t, IORING_REGISTER_RING_FDS);
CURING_CONSTANT(CURING_REGISTER_PBUF_RING, uint32_t, IORING_REGISTER_PBUF_RING);
CURING_CONSTANT(CURING_REGISTER_SEND_MSG_RING, uint32_t, 31); /* Linux 6.13; liburing 2.11. */
CURING_CONSTANT(CURING_REGISTER_QUERY, uint32_t, 35);         /* Linux 6.18; liburing 2.13. */
CURING_CONSTANT(CURING_PBUF_RING_INC, uint16_t, 1U << 1);     /* Linux 6.12; liburing 2.8. */

/* ---- (a) the ring ------------------------------------------------------------------------- */

/* Maps a ring that io_uring_setup() made.
 *
 * (c) liburing's own set-up call is not used, because it hides io_uring_setup()'s answer. What it
 * does beyond the mapping is done here: since 2.4 it, and not io_uring_queue_mmap(), keeps the
 * descriptor; and it fills the index array, which 2.3 does at each submission. Filling the array
 * once with the identity is right for both.
 */
static inline int curing_map(int fd, struct io_uring_params *params, struct io_uring *ring) {
  int result = io_uring_queue_mmap(fd, params, ring);
  if (result < 0) return result;
  ring->flags = params->flags;
  ring->features = params->features;
  ring->ring_fd = ring->enter_ring_fd = fd;
  for (unsigned index = 0; index < params->sq_entries; index++) ring->sq.array[index] = index;
  return 0;
}

static inline struct io_uring_sqe *curing_get_sqe(struct io_uring *ring) {
  return io_uring_get_sqe(ring);
}

/* Requests written with curing_get_sqe() that the kernel has not taken yet. */
static inline uint32_t curing_sq_ready(const struct io_uring *ring) {
  return ring->sq.sqe_tail - __atomic_load_n(ring->sq.khead, __ATOMIC_ACQUIRE);
}

static inline uint32_t curing_sq_flags(const struct io_uring *ring) {
  return __atomic_load_n(ring->sq.kflags, __ATOMIC_RELAXED);
}

static inline uint32_t curing_cq_overflow(const struct io_uring *ring) {
  return __atomic_load_n(ring->cq.koverflow, __ATOMIC_RELAXED);
}

/* Whether the ring is entered by its registered number, which io_uring_register_ring_fd() made.
 * liburing's own flag for that, INT_FLAG_REG_RING, is private. Where both numbers happen to be
 * equal, the descriptor itself serves. */
static inline int curing_enters_by_registered_number(const struct io_uring *ring) {
  return ring->enter_ring_fd != ring->ring_fd;
}

/* What io_uring_enter(2) reads with IORING_ENTER_EXT_ARG; `pad` of liburing 2.3 is the minimum
 * wait since Linux 6.12. */
struct curing_wait_argument {
  uint64_t signal_mask;
  uint32_t signal_mask_size;
  uint32_t minimum_wait_microseconds;
  uint64_t timeout;
};

/* Submits what is prepared and waits for `minimum` completions, in one system call.
 *
 * (c) The submit calls of liburing 2.3 can pass neither NO_IOWAIT nor a minimum wait, so the tail
 * is published here and io_uring_enter2() is called directly. `timeout_nanoseconds` below zero
 * means no timeout. Returns how many requests were taken, or -errno.
 */
static inline int curing_enter(struct io_uring *ring, uint32_t minimum, uint32_t extra_flags,
                               int64_t timeout_nanoseconds, uint32_t minimum_wait_microseconds) {
  struct io_uring_sq *sq = &ring->sq;
  if (sq->sqe_head != sq->sqe_tail) {
    sq->sqe_head = sq->sqe_tail;
    __atomic_store_n(sq->ktail, sq->sqe_tail, __ATOMIC_RELEASE);
  }
  uint32_t count = sq->sqe_tail - __atomic_load_n(sq->khead, __ATOMIC_ACQUIRE);
  uint32_t flags = IORING_ENTER_GETEVENTS | extra_flags;
  if (curing_enters_by_registered_number(ring)) flags |= IORING_ENTER_REGISTERED_RING;
  if (timeout_nanoseconds < 0)
    return io_uring_enter2((unsigned)ring->enter_ring_fd, count, minimum, flags, NULL, _NSIG / 8);
  struct __kernel_timespec timeout = {timeout_nanoseconds / 1000000000,
                                      timeout_nanoseconds % 1000000000};
  struct curing_wait_argument argument = {0, _NSIG / 8, minimum_wait_microseconds,
                                          (uint64_t)(uintptr_t)&timeout};
  return io_uring_enter2((unsigned)ring->enter_ring_fd, count, minimum,
                         flags | IORING_ENTER_EXT_ARG, (void *)&argument, sizeof argument);
}

/* Copies up to `capacity` completions out of the queue and gives their places back at once, so
 * that nothing the caller does next happens inside the queue. */
static inline uint32_t curing_reap(struct io_uring *ring, struct io_uring_cqe *into,
                                   uint32_t capacity) {
  struct io_uring_cq *cq = &ring->cq;
  uint32_t head = *cq->khead;
  uint32_t count = __atomic_load_n(cq->ktail, __ATOMIC_ACQUIRE) - head;
  uint32_t mask = *cq->kring_mask;
  if (count > capacity) count = capacity;
  for (uint32_t index = 0; index < count; index++) {
    const struct io_uring_cqe *cqe = &cq->cqes[(head + index) & mask];
    into[index].user_data = cqe->user_data;
    into[index].res = cqe->res;
    into[index].flags = cqe->flags;
  }
  if (count) __atomic_store_n(cq->khead, head + count, __ATOMIC_RELEASE);
  return count;
}

/* ---- (a) requests ------------------------------------------------------------------------- */

/* (c) Slots are recycled and keep what they held last. Up to liburing 2.3 the prep helpers reset
 * them, since 2.4 it is io_uring_get_sqe(), and neither knows fields that came later. */
static inline void curing_clear(struct io_uring_sqe *sqe) { memset(sqe, 0, sizeof *sqe); }

static inline void curing_set_token(struct io_uring_sqe *sqe, uint64_t token) {
  sqe->user_data = token;
}
static inline void curing_use_direct(struct io_uring_sqe *sqe) { sqe->flags |= IOSQE_FIXED_FILE; }
static inline void curing_set_start(struct io_uring_sqe *sqe, uint16_t ioprio) {
  sqe->ioprio |= ioprio;
}
static inline void curing_select_buffer(struct io_uring_sqe *sqe, uint16_t group) {
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = group;
}

static inline void curing_prep_nop(struct io_uring_sqe *sqe) { io_uring_prep_nop(sqe); }
/* `address` is 0, or memory of a sockaddr_storage and, right behind it, a socklen_t. */
static inline void curing_prep_accept(struct io_uring_sqe *sqe, int fd, uint64_t address,
                                      int multishot, int direct) {
  char *memory = (char *)(uintptr_t)address;
  socklen_t *length = memory ? (socklen_t *)(memory + sizeof(struct sockaddr_storage)) : NULL;
  /* (c) liburing 2.3's accept_direct(ALLOC) wraps to 0, which means "not direct"; and CLOEXEC is
   * EINVAL for a direct descriptor (io_accept_prep). */
  io_uring_prep_accept(sqe, fd, (struct sockaddr *)memory, length, direct ? 0 : SOCK_CLOEXEC);
  if (multishot) sqe->ioprio |= IORING_ACCEPT_MULTISHOT;
  if (direct) sqe->file_index = IORING_FILE_INDEX_ALLOC;
}
static inline void curing_prep_connect(struct io_uring_sqe *sqe, int fd, uint64_t address,
                                       uint32_t length) {
  io_uring_prep_connect(sqe, fd, (const struct sockaddr *)(uintptr_t)address, length);
}
static inline void curing_prep_receive(struct io_uring_sqe *sqe, int fd, uint64_t memory,
                                       uint32_t count, int flags) {
  io_uring_prep_recv(sqe, fd, (void *)(uintptr_t)memory, count, flags);
}
static inline void curing_prep_receive_multishot(struct io_uring_sqe *sqe, int fd) {
  io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
}
static inline void curing_prep_receive_message(struct io_uring_sqe *sqe, int fd, uint64_t message,
                                               uint32_t flags, int multishot) {
  struct msghdr *header = (struct msghdr *)(uintptr_t)message;
  if (multishot) {
    io_uring_prep_recvmsg_multishot(sqe, fd, header, flags);
  } else {
    io_uring_prep_recvmsg(sqe, fd, header, flags);
  }
}
static inline void curing_prep_send(struct io_uring_sqe *sqe, int fd, uint64_t memory,
                                    uint32_t count, int flags) {
  io_uring_prep_send(sqe, fd, (const void *)(uintptr_t)memory, count, flags);
}
static inline void curing_prep_send_message(struct io_uring_sqe *sqe, int fd, uint64_t message,
                                            uint32_t flags) {
  io_uring_prep_sendmsg(sqe, fd, (const struct msghdr *)(uintptr_t)message, flags);
}
static inline void curing_prep_send_zero_copy(struct io_uring_sqe *sqe, int fd, uint64_t memory,
                                              uint32_t count, int flags) {
  io_uring_prep_send_zc(sqe, fd, (const void *)(uintptr_t)memory, count, flags, 0);
}
static inline void curing_prep_read(struct io_uring_sqe *sqe, int fd, uint64_t memory,
                                    uint32_t count) {
  io_uring_prep_read(sqe, fd, (void *)(uintptr_t)memory, count, (__u64)-1);
}
static inline void curing_prep_read_at(struct io_uring_sqe *sqe, int fd, uint64_t memory,
                                       uint32_t count, uint64_t offset) {
  io_uring_prep_read(sqe, fd, (void *)(uintptr_t)memory, count, offset);
}
/* `offset` is -1 for a pipe. */
static inline void curing_prep_splice(struct io_uring_sqe *sqe, int source, int64_t offset,
                                      int target, uint32_t count) {
  io_uring_prep_splice(sqe, source, offset, target, -1, count, 0);
}
static inline void curing_prep_poll(struct io_uring_sqe *sqe, int fd, uint32_t mask,
                                    int multishot) {
  if (multishot) io_uring_prep_poll_multishot(sqe, fd, mask);
  else io_uring_prep_poll_add(sqe, fd, mask);
}
static inline void curing_prep_poll_remove(struct io_uring_sqe *sqe, uint64_t token) {
  io_uring_prep_poll_remove(sqe, token);
}
static inline void curing_prep_cancel(struct io_uring_sqe *sqe, uint64_t token) {
  io_uring_prep_cancel64(sqe, token, 0);
}
static inline void curing_prep_cancel_any(struct io_uring_sqe *sqe) {
  io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
}
static inline void curing_prep_shutdown(struct io_uring_sqe *sqe, int fd, int how) {
  io_uring_prep_shutdown(sqe, fd, how);
}
static inline void curing_prep_close(struct io_uring_sqe *sqe, int fd) {
  io_uring_prep_close(sqe, fd);
}
static inline void curing_prep_close_direct(struct io_uring_sqe *sqe, uint32_t index) {
  io_uring_prep_close_direct(sqe, index);
}
static inline void curing_prep_message(struct io_uring_sqe *sqe, int ring_fd, uint32_t value,
                                       uint64_t token) {
  io_uring_prep_msg_ring(sqe, ring_fd, value, token, 0);
}
/* Without a time, which curing_set_time() gives; relative, on CLOCK_MONOTONIC. */
static inline void curing_prep_timeout(struct io_uring_sqe *sqe) {
  io_uring_prep_timeout(sqe, NULL, 0, 0);
}
static inline void curing_prep_link_timeout(struct io_uring_sqe *sqe) {
  io_uring_prep_link_timeout(sqe, NULL, 0);
}
/* The kernel copies `time` when it takes the entry (io_timeout_prep). */
static inline void curing_set_time(struct io_uring_sqe *sqe, const struct __kernel_timespec *time) {
  sqe->addr = (uint64_t)(uintptr_t)time;
}
/* Binds the next entry to this one. */
static inline void curing_link(struct io_uring_sqe *sqe) { sqe->flags |= IOSQE_IO_LINK; }
/* The entry's place in the submission queue. */
static inline uint32_t curing_entry_index(const struct io_uring *ring,
                                          const struct io_uring_sqe *sqe) {
  return (uint32_t)(sqe - ring->sq.sqes);
}

/* A pipe that children do not inherit: pipe2(2), which glibc declares for GNU sources only. */
static inline int curing_make_pipe(int *ends) {
  return (int)syscall(SYS_pipe2, ends, O_CLOEXEC);
}

/* sched_setaffinity(2) and sched_getaffinity(2) of the calling thread, with a bit for each CPU: glibc
 * has cpu_set_t for GNU sources only. Negated errno; else 0, and the bytes that the kernel filled. */
static inline int curing_set_affinity(const uint64_t *bits, size_t byte_count) {
  return syscall(SYS_sched_setaffinity, 0, byte_count, bits) < 0 ? -errno : 0;
}

static inline int curing_get_affinity(uint64_t *bits, size_t byte_count) {
  long filled = syscall(SYS_sched_getaffinity, 0, byte_count, bits);
  return filled < 0 ? -errno : (int)filled;
}

/* ---- (a) registration --------------------------------------------------------------------- */

/* Registers `entries` (a power of two) page-aligned ring places as buffer group `group`. */
static inline int curing_register_buffer_ring(struct io_uring *ring,
                                              struct io_uring_buf_ring *buffers, uint32_t entries,
                                              uint16_t group, uint16_t flags) {
  struct io_uring_buf_reg registration;
  memset(&registration, 0, sizeof registration);
  registration.ring_addr = (uint64_t)(uintptr_t)buffers;
  registration.ring_entries = entries;
  registration.bgid = group;
  /* (c) liburing 2.3 calls the flags `pad` and ignores its own flags argument. */
  memcpy((char *)&registration.bgid + sizeof registration.bgid, &flags, sizeof flags);
  return io_uring_register_buf_ring(ring, &registration, 0);
}

/* Sends a message to no ring with IORING_REGISTER_SEND_MSG_RING: -EBADF where the kernel knows it,
 * -EINVAL where the opcode is beyond its last one. */
static inline int curing_message_no_ring(void) {
  struct io_uring_sqe sqe;
  memset(&sqe, 0, sizeof sqe);
  sqe.opcode = IORING_OP_MSG_RING;
  sqe.fd = -1;
  return io_uring_register((unsigned)-1, CURING_REGISTER_SEND_MSG_RING, &sqe, 1);
}

/* Gives `count` equal buffers from `memory` on to `group`, numbered from `index` (Linux 5.7). */
static inline void curing_prep_provide_buffers(struct io_uring_sqe *sqe, void *memory,
                                               int length, int count, uint16_t group,
                                               uint16_t index) {
  curing_clear(sqe);
  io_uring_prep_provide_buffers(sqe, memory, length, count, group, index);
}

/* Writes one buffer behind the tail; the kernel sees it at curing_buffer_ring_publish(). */
static inline void curing_buffer_ring_add(struct io_uring_buf_ring *buffers, void *memory,
                                          uint32_t length, uint16_t index, uint32_t mask,
                                          uint32_t offset) {
  io_uring_buf_ring_add(buffers, memory, length, index, (int)mask, (int)offset);
}
static inline void curing_buffer_ring_publish(struct io_uring_buf_ring *buffers, uint32_t count) {
  io_uring_buf_ring_advance(buffers, (int)count);
}

/* (a) struct io_uring_probe ends in a flexible array, which Swift does not import. */
static inline int curing_probe_supports(const struct io_uring_probe *probe, uint8_t operation) {
  return io_uring_opcode_supported(probe, operation);
}

/* connect(2) on a socket that is non-blocking only for this call; 0 or -errno. */
static inline int curing_connect_without_waiting(int fd, uint64_t address, uint32_t length) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  int result = connect(fd, (const struct sockaddr *)(uintptr_t)address, length);
  int error = errno;
  fcntl(fd, F_SETFL, flags);
  return result == 0 ? 0 : -error;
}

static inline uint64_t curing_locked_memory_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  return limit.rlim_cur;
}

/* IORING_REGISTER_QUERY (Linux 6.18), the ABI of linux/io_uring/query.h. Callable with fd -1. */
struct curing_query_header {
  uint64_t next;
  uint64_t data;
  uint32_t operation;
  uint32_t size;
  int32_t result;
  uint32_t reserved[3];
};
struct curing_query_opcodes {
  uint32_t request_operation_count;
  uint32_t register_operation_count;
  uint64_t features;
  uint64_t setup_flags;
  uint64_t enter_flags;
  uint64_t request_flags;
};
static inline int curing_query(struct curing_query_opcodes *answer) {
  struct curing_query_header header;
  memset(&header, 0, sizeof header);
  memset(answer, 0, sizeof *answer);
  header.data = (uint64_t)(uintptr_t)answer;
  header.size = sizeof *answer;
  int result = io_uring_register((unsigned)-1, CURING_REGISTER_QUERY, &header, 0);
  if (result < 0) return result;
  return header.result;
}

#include "RawRequest.h"
#include "Restrictions.h"
#include "ThreadRights.h"

#endif

// SPDX-License-Identifier: Apache-2.0

/* Requests and waits with fields that the library itself never uses: what a check of the kernel
 * needs, and nothing else calls.
 *
 * The layout of a submission queue entry is kernel ABI (BUILD_BUG_ON lines of io_uring_init).
 */
#ifndef SWIFT_URING_RAW_REQUEST_H
#define SWIFT_URING_RAW_REQUEST_H

/* An enumerator of the C library, which Swift imports as a type of its own. */
CURING_CONSTANT(CURING_SOCK_CLOEXEC, int32_t, SOCK_CLOEXEC);
CURING_CONSTANT(CURING_ENTER_GETEVENTS, uint32_t, IORING_ENTER_GETEVENTS);

struct curing_raw_request {
  uint8_t opcode;
  uint8_t flags;
  uint16_t priority;
  int32_t descriptor;
  uint64_t offset;
  uint64_t address;
  uint32_t length;
  uint32_t operation_flags;
  uint64_t token;
  uint16_t buffer_group;
  uint16_t personality;
  uint32_t file_index;
  uint64_t third_address;
  uint64_t reserved;
};
_Static_assert(sizeof(struct curing_raw_request) == 64, "the size of a submission queue entry");
_Static_assert(sizeof(struct curing_raw_request) == sizeof(struct io_uring_sqe), "as liburing has");

/* Writes a request as it is; 0 where the queue is full. */
static inline int curing_push_raw(struct io_uring *ring,
                                  const struct curing_raw_request *request) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
  if (sqe == NULL) return 0;
  memcpy(sqe, request, sizeof *request);
  return 1;
}

/* Like curing_map(), for a ring without an index array (IORING_SETUP_NO_SQARRAY, Linux 6.6).
 *
 * liburing 2.3 takes the array's offset, 0, for its place and writes over the ring's own header
 * from io_uring_queue_init_params(); mapped like this the array is not touched. */
static inline int curing_map_without_array(int fd, struct io_uring_params *params,
                                           struct io_uring *ring) {
  int result = io_uring_queue_mmap(fd, params, ring);
  if (result < 0) return result;
  ring->flags = params->flags;
  ring->features = params->features;
  ring->ring_fd = ring->enter_ring_fd = fd;
  return 0;
}

/* Enters with flags and an argument of the caller's; publishes and submits as curing_enter(). */
static inline int curing_enter_raw(struct io_uring *ring, uint32_t minimum, uint32_t flags,
                                   uint64_t argument, uint64_t size) {
  struct io_uring_sq *sq = &ring->sq;
  if (sq->sqe_head != sq->sqe_tail) {
    sq->sqe_head = sq->sqe_tail;
    __atomic_store_n(sq->ktail, sq->sqe_tail, __ATOMIC_RELEASE);
  }
  uint32_t count = sq->sqe_tail - __atomic_load_n(sq->khead, __ATOMIC_ACQUIRE);
  return io_uring_enter2((unsigned)ring->ring_fd, count, minimum, flags,
                         (sigset_t *)(uintptr_t)argument, (size_t)size);
}

/* The completions that a program can see without entering the kernel. */
static inline uint32_t curing_cq_ready(const struct io_uring *ring) {
  return __atomic_load_n(ring->cq.ktail, __ATOMIC_ACQUIRE) - *ring->cq.khead;
}

/* The version of the liburing that this was built against; its headers tell since 2.4. */
#ifdef IO_URING_VERSION_MAJOR
CURING_CONSTANT(CURING_LIBURING_MAJOR, int32_t, IO_URING_VERSION_MAJOR);
CURING_CONSTANT(CURING_LIBURING_MINOR, int32_t, IO_URING_VERSION_MINOR);
#else
CURING_CONSTANT(CURING_LIBURING_MAJOR, int32_t, 2);
CURING_CONSTANT(CURING_LIBURING_MINOR, int32_t, 3);
#endif

#endif

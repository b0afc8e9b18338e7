// SPDX-License-Identifier: Apache-2.0

/* What a restricted ring is told (IORING_REGISTER_RESTRICTIONS, Linux 5.10). */
#ifndef SWIFT_URING_RESTRICTIONS_H
#define SWIFT_URING_RESTRICTIONS_H

CURING_CONSTANT(CURING_RESTRICTION_REGISTER_OP, uint16_t, IORING_RESTRICTION_REGISTER_OP);
CURING_CONSTANT(CURING_RESTRICTION_SQE_OP, uint16_t, IORING_RESTRICTION_SQE_OP);
CURING_CONSTANT(CURING_RESTRICTION_SQE_FLAGS_ALLOWED, uint16_t,
                IORING_RESTRICTION_SQE_FLAGS_ALLOWED);

CURING_CONSTANT(CURING_UNREGISTER_FILES, uint8_t, IORING_UNREGISTER_FILES);
CURING_CONSTANT(CURING_UNREGISTER_RING_FDS, uint8_t, IORING_UNREGISTER_RING_FDS);
CURING_CONSTANT(CURING_UNREGISTER_PBUF_RING, uint8_t, IORING_UNREGISTER_PBUF_RING);

CURING_CONSTANT(CURING_SQE_FIXED_FILE, uint8_t, IOSQE_FIXED_FILE);
CURING_CONSTANT(CURING_SQE_BUFFER_SELECT, uint8_t, IOSQE_BUFFER_SELECT);
CURING_CONSTANT(CURING_SQE_IO_LINK, uint8_t, IOSQE_IO_LINK);

CURING_CONSTANT(CURING_OP_NOP, uint8_t, IORING_OP_NOP);
CURING_CONSTANT(CURING_OP_SENDMSG, uint8_t, IORING_OP_SENDMSG);
CURING_CONSTANT(CURING_OP_RECVMSG, uint8_t, IORING_OP_RECVMSG);
CURING_CONSTANT(CURING_OP_SPLICE, uint8_t, IORING_OP_SPLICE);
CURING_CONSTANT(CURING_OP_POLL_ADD, uint8_t, IORING_OP_POLL_ADD);
CURING_CONSTANT(CURING_OP_POLL_REMOVE, uint8_t, IORING_OP_POLL_REMOVE);
CURING_CONSTANT(CURING_OP_PROVIDE_BUFFERS, uint8_t, IORING_OP_PROVIDE_BUFFERS);

/* The answer of a ring that is not enabled; Errno has no name for it. */
CURING_CONSTANT(CURING_EBADFD, int32_t, EBADFD);

/* A line of the list; its value is an opcode or flags, by kind. */
static inline struct io_uring_restriction curing_restriction(uint16_t kind, uint8_t value) {
  struct io_uring_restriction line;
  memset(&line, 0, sizeof line);
  line.opcode = kind;
  line.sqe_op = value;
  return line;
}

/* (c) liburing 2.3 declares io_uring_register_restrictions() and io_uring_enable_rings() and does
 * not export them; so the system call is made directly. */
static inline int curing_restrict(struct io_uring *ring, struct io_uring_restriction *lines,
                                  uint32_t count) {
  return io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_RESTRICTIONS, lines, count);
}
static inline int curing_enable(struct io_uring *ring) {
  return io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

#endif

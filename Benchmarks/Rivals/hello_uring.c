// SPDX-License-Identifier: Apache-2.0
// Answers HTTP requests on one ring, and reads of them no more than where they end: what a server on
// this kernel cannot do without. It is a floor for Scripts/compare-http and no server, since it takes
// each blank line for the end of a request, in one buffer.
//
//   hello_uring PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"
enum { ANSWER_SIZE = sizeof ANSWER - 1, BUFFERS = 256, BUFFER_SIZE = 4096, MOST = BUFFER_SIZE / 4 };
enum { ACCEPT, RECEIVE, SEND };

static struct io_uring ring;
static struct io_uring_buf_ring *free_buffers;
static char *memory;
static char answers[MOST * ANSWER_SIZE];
static int listener;

static int check(int result, const char *what) {
  if (result < 0) {
    fprintf(stderr, "%s: %s\n", what, strerror(result == -1 ? errno : -result));
    exit(1);
  }
  return result;
}

static struct io_uring_sqe *prepare(void) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
  if (sqe) return sqe;
  io_uring_submit(&ring);
  return io_uring_get_sqe(&ring);
}

static void identify(struct io_uring_sqe *sqe, uint64_t operation, uint32_t socket) {
  io_uring_sqe_set_data64(sqe, operation << 32 | socket);
}

static void accept_all(void) {
  struct io_uring_sqe *sqe = prepare();
  io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
  identify(sqe, ACCEPT, 0);
}

static void receive_all(int socket) {
  struct io_uring_sqe *sqe = prepare();
  io_uring_prep_recv_multishot(sqe, socket, NULL, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  identify(sqe, RECEIVE, socket);
}

static void give(unsigned buffer) {
  io_uring_buf_ring_add(free_buffers, memory + (size_t)buffer * BUFFER_SIZE, BUFFER_SIZE, buffer,
                        io_uring_buf_ring_mask(BUFFERS), 0);
  io_uring_buf_ring_advance(free_buffers, 1);
}

static void answer(int socket, const char *bytes, size_t count) {
  const char *end = bytes + count;
  size_t requests = 0;
  while ((bytes = memmem(bytes, end - bytes, "\r\n\r\n", 4))) bytes += 4, requests++;
  if (requests == 0) return;
  struct io_uring_sqe *sqe = prepare();
  io_uring_prep_send(sqe, socket, answers, requests * ANSWER_SIZE, MSG_NOSIGNAL | MSG_WAITALL);
  identify(sqe, SEND, socket);
}

static void take(struct io_uring_cqe *cqe) {
  int socket = (uint32_t)cqe->user_data;
  int has_more = cqe->flags & IORING_CQE_F_MORE;
  switch (cqe->user_data >> 32) {
  case ACCEPT:
    receive_all(check(cqe->res, "accept"));
    if (!has_more) accept_all();
    break;
  case RECEIVE:
    if (cqe->res > 0) {
      unsigned buffer = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
      answer(socket, memory + (size_t)buffer * BUFFER_SIZE, cqe->res);
      give(buffer);
    }
    if (has_more) break;
    if (cqe->res > 0 || cqe->res == -ENOBUFS) receive_all(socket);
    else close(socket);
  }
}

static void set_up(int port) {
  int one = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  listener = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  check(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  check(listen(listener, 4096), "listen");

  struct io_uring_params parameters = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
      .cq_entries = 16384};
  check(io_uring_queue_init_params(4096, &ring, &parameters), "io_uring_setup");
  io_uring_register_ring_fd(&ring);
  size_t size = BUFFERS * (sizeof(struct io_uring_buf) + BUFFER_SIZE);
  char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  free_buffers = (void *)pages;
  memory = pages + BUFFERS * sizeof(struct io_uring_buf);
  struct io_uring_buf_reg group = {.ring_addr = (uintptr_t)pages, .ring_entries = BUFFERS};
  check(io_uring_register_buf_ring(&ring, &group, 0), "io_uring_register");
  io_uring_buf_ring_init(free_buffers);
  for (unsigned buffer = 0; buffer < BUFFERS; buffer++) give(buffer);
  for (int i = 0; i < MOST; i++) memcpy(answers + i * ANSWER_SIZE, ANSWER, ANSWER_SIZE);
}

int main(int count, char **arguments) {
  if (count != 2) return fputs("usage: hello_uring PORT\n", stderr), 2;
  set_up(atoi(arguments[1]));
  accept_all();
  for (;;) {
    struct io_uring_cqe *cqe;
    unsigned head, taken = 0;
    io_uring_submit_and_wait(&ring, 1);
    io_uring_for_each_cqe(&ring, head, cqe) {
      take(cqe);
      taken++;
    }
    io_uring_cq_advance(&ring, taken);
  }
}

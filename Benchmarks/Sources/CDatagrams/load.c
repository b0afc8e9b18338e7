// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CDatagrams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 2048, WINDOW_LIMIT = 256 };
static const uint64_t PATIENCE = 100 * 1000 * 1000;

struct client {
  int descriptor;
  // Numbers are given from here on; those from `round` on are on their way.
  uint64_t next;
  uint64_t round;
  int outstanding;
  uint64_t moved;
};

struct cdatagrams_load {
  int poller;
  int count;
  int window;
  int size;
  struct client *clients;
  char memory[WINDOW_LIMIT][LARGEST];
  struct iovec pieces[WINDOW_LIMIT];
  struct mmsghdr messages[WINDOW_LIMIT];
};

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// The bytes of a datagram follow from its number, so that a foreign one is recognised.
static void fill(char *memory, int size, uint64_t number) {
  for (int i = 0; i + 8 <= size; i += 8) {
    uint64_t word = i == 0 ? number : number * 0x9e3779b97f4a7c15u + (uint64_t)i;
    memcpy(memory + i, &word, 8);
  }
}

static int matches(const char *memory, int size, uint64_t *number) {
  memcpy(number, memory, 8);
  for (int i = 8; i + 8 <= size; i += 8) {
    uint64_t word, expected = *number * 0x9e3779b97f4a7c15u + (uint64_t)i;
    memcpy(&word, memory + i, 8);
    if (word != expected) return 0;
  }
  return 1;
}

static int connected(uint16_t port) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
    close(descriptor);
    return -1;
  }
  return descriptor;
}

struct cdatagrams_load *cdatagrams_open(uint16_t port, int sockets, int window, int size) {
  if (sockets < 1 || window < 1 || window > WINDOW_LIMIT || size < 16 || size > LARGEST) {
    errno = EINVAL;
    return NULL;
  }
  struct cdatagrams_load *load = calloc(1, sizeof *load);
  if (!load) return NULL;
  load->clients = calloc((size_t)sockets, sizeof *load->clients);
  load->poller = epoll_create1(EPOLL_CLOEXEC);
  load->window = window;
  load->size = size;
  for (; load->clients && load->poller >= 0 && load->count < sockets; load->count++) {
    int descriptor = connected(port);
    if (descriptor < 0) break;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)load->count};
    load->clients[load->count].descriptor = descriptor;
    if (epoll_ctl(load->poller, EPOLL_CTL_ADD, descriptor, &event) != 0) break;
  }
  if (load->count == sockets) return load;
  int code = errno;
  cdatagrams_close(load);
  errno = code;
  return NULL;
}

void cdatagrams_close(struct cdatagrams_load *load) {
  for (int i = 0; load->clients && i < load->count; i++) close(load->clients[i].descriptor);
  if (load->poller >= 0) close(load->poller);
  free(load->clients);
  free(load);
}

// Fills the client's window.
static void send_window(struct cdatagrams_load *load, struct client *client) {
  int count = load->window - client->outstanding;
  for (int i = 0; i < count; i++) {
    fill(load->memory[i], load->size, client->next + (uint64_t)i);
    load->pieces[i] = (struct iovec){load->memory[i], (size_t)load->size};
    load->messages[i].msg_hdr = (struct msghdr){.msg_iov = &load->pieces[i], .msg_iovlen = 1};
  }
  int sent = count > 0 ? sendmmsg(client->descriptor, load->messages, (unsigned)count, 0) : 0;
  if (sent <= 0) return;
  client->next += (uint64_t)sent;
  client->outstanding += sent;
}

static void receive(
    struct cdatagrams_load *load, struct client *client, struct cdatagrams_counts *counts) {
  for (int i = 0; i < load->window; i++) {
    load->pieces[i] = (struct iovec){load->memory[i], LARGEST};
    load->messages[i].msg_hdr = (struct msghdr){.msg_iov = &load->pieces[i], .msg_iovlen = 1};
  }
  int count = recvmmsg(client->descriptor, load->messages, (unsigned)load->window, 0, NULL);
  for (int i = 0; i < count; i++) {
    uint64_t number;
    int isWhole = (int)load->messages[i].msg_len == load->size &&
                  matches(load->memory[i], load->size, &number);
    if (!isWhole || number >= client->next) {
      counts->bad++;
    } else if (number >= client->round) {
      // What is older was given up already.
      counts->echoed++;
      if (client->outstanding > 0) client->outstanding--;
    }
  }
  if (count > 0) client->moved = now();
  send_window(load, client);
}

// Sends the windows of which nothing has come back for long.
static void send_anew(
    struct cdatagrams_load *load, uint64_t time, struct cdatagrams_counts *counts) {
  for (int i = 0; i < load->count; i++) {
    struct client *client = &load->clients[i];
    if (time - client->moved < PATIENCE) continue;
    counts->lost += (uint64_t)client->outstanding;
    client->outstanding = 0;
    client->round = client->next;
    client->moved = time;
    send_window(load, client);
  }
}

int cdatagrams_run(
    struct cdatagrams_load *load, uint64_t nanoseconds, struct cdatagrams_counts *counts) {
  *counts = (struct cdatagrams_counts){0};
  uint64_t start = now(), time = start, looked = 0;
  struct epoll_event events[64];
  while (time - start < nanoseconds) {
    if (time - looked > PATIENCE / 4) {
      send_anew(load, time, counts);
      looked = time;
    }
    int ready = epoll_wait(load->poller, events, 64, 10);
    if (ready < 0 && errno != EINTR) return -1;
    for (int i = 0; i < ready; i++) receive(load, &load->clients[events[i].data.u32], counts);
    time = now();
  }
  counts->nanoseconds = time - start;
  return 0;
}

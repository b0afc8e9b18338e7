// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CDatagrams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { BATCH = 64, LARGEST = 2048 };

int cdatagrams_bind(uint16_t *port) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  // So that the server looks at `stop`.
  struct timeval patience = {.tv_usec = 100 * 1000};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(descriptor, (struct sockaddr *)&address, size) != 0 ||
      getsockname(descriptor, (struct sockaddr *)&address, &size) != 0) {
    close(descriptor);
    return -1;
  }
  *port = ntohs(address.sin_port);
  return descriptor;
}

int cdatagrams_echo(int descriptor, const volatile int *stop, volatile uint64_t counts[3]) {
  static char memory[BATCH][LARGEST];
  static struct sockaddr_in senders[BATCH];
  static struct iovec pieces[BATCH];
  static struct mmsghdr messages[BATCH];
  while (!*stop) {
    for (int i = 0; i < BATCH; i++) {
      pieces[i] = (struct iovec){memory[i], LARGEST};
      messages[i].msg_hdr = (struct msghdr){.msg_name = &senders[i], .msg_namelen = sizeof senders[i],
                                            .msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    counts[2]++;
    // Waits for one, and takes what else has come.
    int count = recvmmsg(descriptor, messages, BATCH, MSG_WAITFORONE, NULL);
    if (count < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      return -1;
    }
    for (int i = 0; i < count; i++) {
      pieces[i].iov_len = messages[i].msg_len;
      counts[1] += messages[i].msg_len;
    }
    counts[0] += count;
    for (int sent = 0; sent < count;) {
      counts[2]++;
      int result = sendmmsg(descriptor, messages + sent, count - sent, 0);
      if (result < 0 && errno == EINTR) continue;
      // A datagram that cannot be sent is lost, as datagrams are.
      sent += result > 0 ? result : 1;
    }
  }
  return 0;
}

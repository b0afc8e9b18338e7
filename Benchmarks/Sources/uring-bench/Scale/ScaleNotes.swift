// SPDX-License-Identifier: Apache-2.0

/// What the figures of `scale` mean and what they do not.
enum ScaleNotes {
  static var html: String {
    "<h2>Reading this page</h2><ul>" + notes.map { "<li>\($0)</li>" }.joined() + "</ul>"
  }

  private static let notes = [
    "<b>One measurement</b> is a fresh server under a fresh load: all connections are opened, stay "
      + "idle, get one message each, and then a share of them is busy at a time. Messages go to the "
      + "connection that has been idle longest, so that the busy share moves over all of them, and "
      + "the memory of each has gone cold since its last message.",
    "<b>Closed loop</b>: as many messages are under way as the active share has connections, and "
      + "each answer is followed by a message on the next connection. Latency is from handing a "
      + "message to the kernel to having its last byte back; with the server always busy it is "
      + "messages under way over rate. A server that stalls stops the load as well, so that the "
      + "messages a stall would have met are never sent: this loop shows cost, not the waits of "
      + "users.",
    "<b>Open loop</b>: messages are due at fixed moments, at half of the closed loop’s rate, "
      + "whether or not the server keeps up, and latency counts from the moment a message was due. "
      + "A stall delays all messages due in it, and shows. What the load itself is late by is in "
      + "it as well, because its processes share one CPU.",
    "<b>CPU µs/msg</b> is the CPU time of all server processes, kernel included, for a message of "
      + "the closed loop. On loopback the sender also runs the receiver’s TCP, so most of it is TCP "
      + "and the same for every server.",
    "<b>opened/s</b> is from the first connect to the echo of the last connection’s first byte, "
      + "with the load’s own work in it.",
    "<b>own B/conn</b> is what the resident memory of the server’s processes grew by from before "
      + "the first connection to after a message on each, for a connection. Buffers and what else "
      + "costs the same at any number are in it, so that small numbers look dear.",
    "<b>kernel B/conn</b> is what the kernel’s caches (/proc/slabinfo) grew by for the server’s end "
      + "of a connection: half of what both ends have alike (sockets, their inodes and files), what "
      + "is armed in its rings or its share of epoll, nothing of the ports bound by the load. There "
      + "is no figure where sockets of other programs came or went meanwhile. Memory outside caches "
      + "is not in it, such as tables of descriptors, of which a place is 8 bytes.",
    "<b>proc×loops</b> is the server’s processes, and the event loops of each. A server with direct "
      + "descriptors is one process whose loops share a port; others are as many processes as the "
      + "limit of descriptors takes.",
  ]
}

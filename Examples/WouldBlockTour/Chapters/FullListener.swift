// SPDX-License-Identifier: Apache-2.0

import Uring

/// A listener whose queue is full: the kernel drops the first packet of one more connect, which so
/// stays in progress until it is sent again, a second later (tcp(7), listen(2)).
final class FullListener {
  let address: SocketAddress
  private let listener: BlockingSocket
  /// With a backlog of 0 one connection has room in the queue.
  private let queued: BlockingSocket

  init() throws {
    listener = try .listen(backlog: 0)
    address = try listener.address
    queued = try .connected(to: address)
  }

  /// Takes the connection out of the queue.
  func makeRoom() throws {
    _ = try listener.accept()
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TestSupport
import Uring

/// A plain blocking TCP client, which waits for as long as it takes.
final class BlockingClient: Sendable {
  private let socket: PlainSocket

  init(to address: SocketAddress, receiveBufferByteCount: Int32? = nil) throws(Errno) {
    socket = try PlainSocket(address.family)
    if let byteCount = receiveBufferByteCount { socket.setOption(SOL_SOCKET, SO_RCVBUF, byteCount) }
    try socket.connect(to: address)
  }

  func send(_ bytes: [UInt8]) throws(Errno) { try socket.send(all: bytes) }

  /// Receives exactly so many bytes, or fewer at the end of the stream.
  func receive(_ byteCount: Int) throws(Errno) -> [UInt8] { try socket.receive(exactly: byteCount) }

  func finishSending() { socket.finishSending() }

  /// Makes close(2) send a reset.
  func resetOnClose() { socket.resetOnClose() }
}

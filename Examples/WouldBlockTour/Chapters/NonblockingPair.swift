// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessIO
import SystemPackage

/// A connection whose two ends are non-blocking and have small buffers.
struct NonblockingPair: ~Copyable {
  let sender: NonblockingSocket
  let receiver: NonblockingSocket

  init() throws(Errno) {
    let connection = try Connection()
    let sender = try connection.client.nonblocking()
    let receiver = try connection.server.nonblocking()
    self.sender = sender
    self.receiver = receiver
  }

  func receive() throws(NonblockingSocketError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 16384)
    var span = bytes.mutableSpan
    var memory = unsafe span.mutableBytes
    let count = try receiver.receive(into: &memory)
    return Array(bytes[..<count])
  }

  /// Receives what there is; nothing is an answer too.
  func receiveSome() throws(NonblockingSocketError) -> [UInt8] {
    do throws(NonblockingSocketError) {
      return try receive()
    } catch .wouldBlock {
      return []
    }
  }
}

extension BlockingSocket {
  /// The same socket, in non-blocking mode from now on.
  func nonblocking() throws(Errno) -> NonblockingSocket {
    let descriptor = dup(descriptor.rawValue)
    // The mode belongs to the file, which both descriptors have (fcntl(2), F_SETFL).
    guard descriptor >= 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
      throw BlockingSocket.lastError
    }
    return NonblockingSocket(owning: FileDescriptor(rawValue: descriptor))
  }
}

extension NonblockingSocket {
  /// Sends the pattern from a place on, once.
  func sendPattern(from start: Int) throws(NonblockingSocketError) -> Int {
    let stream = Pattern.bytes
    let bytes = unsafe stream.span.bytes
    return try send(bytes.extracting(droppingFirst: start))
  }
}

// SPDX-License-Identifier: Apache-2.0

import ReadinessIO
import SystemPackage

/// Bytes that a peer has yet to take.
final class UnsentBytes {
  private let bytes: [UInt8]
  private var sentCount = 0

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = Array(bytes)
  }

  /// Sends once.
  ///
  /// - Returns: Whether nothing is left.
  func send(to descriptor: FileDescriptor) throws(NonblockingSocketError) -> Bool {
    let bytes = bytes
    sentCount += try descriptor.asSocket { socket throws(NonblockingSocketError) in
      let all = unsafe bytes.span.bytes
      return try socket.send(all.extracting(droppingFirst: sentCount))
    }
    return sentCount == bytes.count
  }
}

// SPDX-License-Identifier: Apache-2.0

// For whoever checks that queues are bounded.
extension StreamConnection {
  /// Bytes that the connection keeps: received ones that nobody has claimed, and unsent ones; on the
  /// loop's thread.
  package var heldByteCounts: (unclaimed: Int, unsent: Int) {
    (stream.receiving.byteCount, stream.sending.byteCount)
  }
}

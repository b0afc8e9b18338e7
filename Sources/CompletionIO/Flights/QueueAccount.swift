// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// What belongs to a lent queue: a stream needs it as long as it has the queue, and is smaller without.
struct QueueAccount {
  /// Bytes in the queue.
  var byteCount = 0
  /// The request that has the first of them.
  var token = Token(rawValue: 0)
  /// Bytes of that request.
  var inFlightByteCount: UInt32 = 0
  /// Why nothing can be queued any more, in the owner's words; a queue with this is not given back.
  var end: UInt64?
}

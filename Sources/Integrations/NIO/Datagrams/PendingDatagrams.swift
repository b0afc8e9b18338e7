// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import NIOCore

/// The datagrams that were written to a channel and have not been sent, in order.
///
/// Knows no socket: it books what is written, flushed and sent.
struct PendingDatagrams {
  /// One datagram, and who waits for its end.
  struct Write {
    let data: ByteBuffer
    /// Where it goes; `nil` for the socket's peer.
    let address: NIOCore.SocketAddress?
    let metadata: AddressedEnvelope<ByteBuffer>.Metadata?
    let promise: EventLoopPromise<Void>?
  }

  private var writes = CircularBuffer<Write>()
  /// Writes from the first on that may be sent.
  private(set) var flushedCount = 0
  /// Bytes that were written and not sent.
  private(set) var byteCount = 0

  /// The first one that may be sent.
  var firstFlushed: Write? { flushedCount > 0 ? writes.first : nil }

  mutating func append(_ write: Write) {
    byteCount += write.data.readableBytes
    writes.append(write)
  }

  /// Lets everything that was written be sent.
  mutating func flush() { flushedCount = writes.count }

  /// Takes the first one, which is sent or has failed.
  mutating func removeFirst() -> Write {
    let write = writes.removeFirst()
    flushedCount -= 1
    byteCount -= write.data.readableBytes
    return write
  }

  /// Takes all writes behind the first few, in order.
  ///
  /// - Parameter count: Those that stay, because the kernel may read them.
  /// - Returns: The others, whose promises are to be failed.
  mutating func removeAll(behind count: Int) -> [Write] {
    let kept = min(count, writes.count)
    let removed = Array(writes.dropFirst(kept))
    writes.removeLast(writes.count - kept)
    flushedCount = kept
    byteCount -= removed.reduce(0) { $0 + $1.data.readableBytes }
    return removed
  }
}
#endif

// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import NIOCore

/// What was written to a stream channel and has not been sent, in order.
///
/// Knows no socket: it books what is written, flushed and sent.
struct PendingWrites {
  /// One write, and who waits for its end.
  struct Write {
    var data: IOData
    var promise: EventLoopPromise<Void>?
  }

  /// What a send takes next.
  enum Next {
    /// Nothing that was flushed is left.
    case nothing
    case bytes
    case file(FileRegion)
  }

  private var writes = CircularBuffer<Write>()
  /// Writes from the first on that may be sent.
  private(set) var flushedCount = 0
  /// Bytes that were written and not sent.
  private(set) var byteCount = 0
  /// Bytes of them that may be sent.
  private(set) var flushedByteCount = 0

  var isEmpty: Bool { writes.isEmpty }
  var hasFlushed: Bool { flushedCount > 0 }

  mutating func append(_ data: IOData, _ promise: EventLoopPromise<Void>?) {
    byteCount += data.readableBytes
    writes.append(Write(data: data, promise: promise))
  }

  /// Lets everything that was written be sent.
  mutating func flush() {
    flushedCount = writes.count
    flushedByteCount = byteCount
  }

  var next: Next {
    guard flushedCount > 0 else { return .nothing }
    switch writes[offset: 0].data {
    case .byteBuffer: return .bytes
    case .fileRegion(let region): return .file(region)
    }
  }

  /// Puts flushed buffers into vectors, up to a file or until they are full.
  func gather(into vectors: SendVectors) {
    vectors.removeAll()
    while vectors.writeCount < flushedCount, !vectors.isFull {
      guard case .byteBuffer(let buffer) = writes[offset: vectors.writeCount].data else { return }
      if buffer.readableBytes > 0 { vectors.append(buffer) }
      vectors.writeCount += 1
    }
  }

  /// Books sent bytes on the first write.
  ///
  /// - Parameter sentByteCount: Bytes that were sent and not booked; less what was booked now.
  /// - Returns: The write, if all of it is sent now: the caller succeeds its promise and calls again.
  ///   `nil` if nothing more is complete.
  mutating func removeSent(_ sentByteCount: inout Int) -> Write? {
    guard flushedCount > 0 else { return nil }
    let moved = min(sentByteCount, writes[offset: 0].data.readableBytes)
    sentByteCount -= moved
    byteCount -= moved
    flushedByteCount -= moved
    guard moved == writes[offset: 0].data.readableBytes else {
      if moved > 0 { writes[offset: 0].data.moveReaderIndex(forwardBy: moved) }
      return nil
    }
    flushedCount -= 1
    return writes.removeFirst()
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
    flushedByteCount = byteCount
    return removed
  }
}

extension IOData {
  fileprivate mutating func moveReaderIndex(forwardBy count: Int) {
    switch self {
    case .byteBuffer(var buffer):
      buffer.moveReaderIndex(forwardBy: count)
      self = .byteBuffer(buffer)
    case .fileRegion(var region):
      region.moveReaderIndex(forwardBy: count)
      self = .fileRegion(region)
    }
  }
}
#endif

// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Received bytes that a reader has not used, in at most two pieces: copies of those that came
/// first, and behind them the kernel's buffer as it came.
///
/// An element that lies in one piece is read where it is. Bytes are copied only where an element
/// goes over the seam between two buffers, and when a buffer of the pool would have to wait for a
/// peer.
struct SeamBuffer: ~Copyable {
  /// Copied bytes; empty for none.
  private var seam: [UInt8] = []
  /// How many of them have been used.
  private var seamStart = 0
  /// The buffer that came last; none or one.
  private var leases = RingQueue<BufferLease>()
  /// Bytes at the start that were handed out and are dropped with the next call.
  private var takenByteCount = 0
  /// Bytes of the last element, without what ends it.
  private(set) var elementByteCount = 0

  /// Bytes that have not been used.
  var byteCount: Int { seamByteCount + leaseByteCount - takenByteCount }

  /// Bytes at the start that are copies.
  private(set) var seamByteCount: Int {
    get { seam.count - seamStart }
    set {
      seamStart = seam.count - newValue
      if newValue == 0 { (seam, seamStart) = ([], 0) }
    }
  }

  private var leaseByteCount: Int { leases.isEmpty ? 0 : leases[0].byteCount }

  /// Bytes in the piece that comes first.
  var firstPieceByteCount: Int { seamByteCount > 0 ? seamByteCount : leaseByteCount }

  /// The last element, until the next call.
  var element: RawSpan {
    @_lifetime(borrow self)
    get {
      if seamByteCount > 0 || leases.isEmpty {
        let bytes = unsafe seam.span.bytes.extracting(seamStart..<seamStart + elementByteCount)
        return unsafe _overrideLifetime(bytes, borrowing: self)
      }
      let bytes = leases[0].bytes.extracting(0..<elementByteCount)
      return unsafe _overrideLifetime(bytes, borrowing: self)
    }
  }

  /// Adds a buffer behind everything that is there, which is copied if it is not yet.
  mutating func append(_ lease: consuming BufferLease) {
    copyOut()
    leases.append(lease)
  }

  /// Copies what has not been used; its buffer returns to the pool.
  mutating func copyOut() {
    guard !leases.isEmpty else { return }
    moveToSeam(leaseByteCount)
  }

  /// Drops the last element.
  mutating func dropElement() {
    remove(takenByteCount)
    (takenByteCount, elementByteCount) = (0, 0)
  }

  /// Drops bytes from the start.
  ///
  /// - Returns: How many there were, at most so many.
  mutating func drop(atMost count: Int) -> Int {
    dropElement()
    let count = min(count, byteCount)
    remove(count)
    return count
  }

  /// Takes everything that has not been used, in one piece; `nil` for nothing.
  mutating func takeAll() -> BufferLease? {
    dropElement()
    guard byteCount > 0 else { return nil }
    if seamByteCount == 0 { return leases.removeFirst() }
    copyOut()
    let bytes = seam[seamStart...]
    (seam, seamStart) = ([], 0)
    return unsafe BufferLease(copying: bytes.span.bytes)
  }

  /// Makes the first bytes the last element, in one piece.
  ///
  /// - Parameters:
  ///   - count: Bytes of the element.
  ///   - endByteCount: Bytes behind it that end it.
  ///   - stays: Whether the bytes are to be read again.
  mutating func take(_ count: Int, endByteCount: Int = 0, stays: Bool = false) {
    if seamByteCount > 0, seamByteCount < count { moveToSeam(count - seamByteCount) }
    elementByteCount = count
    takenByteCount = stays ? 0 : count + endByteCount
  }

  private mutating func moveToSeam(_ count: Int) {
    // Out of the buffer meanwhile, which is borrowed with the lease's bytes.
    var copies: [UInt8] = []
    swap(&copies, &seam)
    copies.removeFirst(seamStart)
    copies.append(copying: leases[0].bytes.extracting(0..<count))
    (seam, seamStart) = (copies, 0)
    removeFromLease(count)
  }

  private mutating func remove(_ count: Int) {
    let seamCount = min(count, seamByteCount)
    if seamCount > 0 { seamByteCount -= seamCount }
    if count > seamCount { removeFromLease(count - seamCount) }
  }

  private mutating func removeFromLease(_ count: Int) {
    guard count < leaseByteCount else { return leases.dropFirst() }
    leases[0].removeFirst(count)
  }

  // MARK: Searching

  /// A byte by its distance from the first.
  func byte(at offset: Int) -> UInt8 {
    offset < seamByteCount
      ? seam[seamStart + offset] : leases[0].bytes.byte(at: offset - seamByteCount)
  }

  /// The offset of the first such byte at or behind a place.
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    if start < seamByteCount,
      let index = unsafe seam.span.bytes.firstIndex(of: byte, from: seamStart + start)
    {
      return index - seamStart
    }
    guard !leases.isEmpty else { return nil }
    let index = leases[0].bytes.firstIndex(of: byte, from: max(0, start - seamByteCount))
    return index.map { $0 + seamByteCount }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// How a direction of a relay carries its bytes, decided by what the last steps have brought.
///
/// Bytes start in buffers of the pool. A splice goes to a worker thread of the kernel and back, which
/// costs what copying some 100 KiB costs; so a pipe pays where each splice brings more than that, and
/// it is tried once so many full buffers came in a row that it should.
enum RelayWay: Hashable {
  /// Through buffers: bytes that came in full buffers in a row, and how many it takes to try a pipe.
  case buffers(fullByteCount: Int, needed: Int)
  /// Through a pipe: splices in a row that brought little, bytes that went so since the last change,
  /// and how many it took to try.
  case pipe(smallCount: Int, byteCount: Int, needed: Int)
  /// Through buffers, because these sockets cannot be spliced.
  case memory

  /// Bytes in full buffers in a row before a pipe is tried, at least.
  static let leastNeeded = 1 << 20
  /// And at most, after it has often not paid.
  static let mostNeeded = 1 << 26
  /// A splice that brings less costs more than copying does.
  static let paying = 1 << 17
  /// So many of those in a row are the end of a long transfer.
  static let smallLimit = 3

  init() {
    self = .buffers(fullByteCount: 0, needed: Self.leastNeeded)
  }

  var isThroughPipe: Bool {
    if case .pipe = self { return true }
    return false
  }

  /// What a step has brought.
  enum Event: Hashable {
    /// A buffer, perhaps full.
    case received(byteCount: Int, isFull: Bool)
    /// Bytes in a pipe.
    case spliced(byteCount: Int)
    /// No pipe could be had.
    case short
    /// The sockets cannot be spliced.
    case refused
  }

  /// Decides how the next bytes go.
  func next(after event: Event) -> Self {
    switch (self, event) {
    case (_, .refused): .memory
    case (.memory, _): .memory
    case (.buffers(let count, let needed), .received(let byteCount, let isFull)):
      Self.received(isFull ? count + byteCount : 0, needed)
    case (.buffers, .spliced), (.buffers, .short): self
    // What the last receive into buffers has left is no measure.
    case (.pipe, .received): self
    case (.pipe(_, let byteCount, let needed), .short): Self.left(byteCount, needed)
    case (.pipe(let smallCount, let byteCount, let needed), .spliced(let count)):
      Self.spliced(count, smallCount, byteCount + count, needed)
    }
  }

  private static func received(_ fullByteCount: Int, _ needed: Int) -> Self {
    fullByteCount >= needed
      ? .pipe(smallCount: 0, byteCount: 0, needed: needed)
      : .buffers(fullByteCount: fullByteCount, needed: needed)
  }

  private static func spliced(
    _ count: Int, _ smallCount: Int, _ byteCount: Int, _ needed: Int
  ) -> Self {
    let smallCount = count < paying ? smallCount + 1 : 0
    guard smallCount == smallLimit else {
      return .pipe(smallCount: smallCount, byteCount: byteCount, needed: needed)
    }
    return left(byteCount, needed)
  }

  /// Goes back to buffers; a pipe that has not paid is tried later the next time.
  private static func left(_ byteCount: Int, _ needed: Int) -> Self {
    let hasPaid = byteCount >= 8 * needed
    return .buffers(
      fullByteCount: 0, needed: hasPaid ? leastNeeded : min(2 * needed, mostNeeded))
  }
}

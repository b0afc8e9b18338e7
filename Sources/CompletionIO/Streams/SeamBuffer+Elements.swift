// SPDX-License-Identifier: Apache-2.0

// What a reader can ask for, found in whatever pieces the bytes have come. Pure.
extension SeamBuffer {
  /// A part of a stream that is read as one.
  enum Portion {
    /// So many bytes.
    case exactly(Int)
    /// So many bytes, which stay.
    case peek(Int)
    /// What there is, at most so many bytes.
    case some(limit: Int)
    /// Everything before a delimiter.
    case until(Delimiter, limit: Int)
    /// A line, without its LF or CRLF.
    case line(limit: Int)
  }

  /// Bytes that end an element.
  struct Delimiter {
    /// All of them; empty for one byte, which takes no memory then.
    private let bytes: [UInt8]
    let last: UInt8
    let byteCount: Int

    init(_ byte: UInt8) {
      (bytes, last, byteCount) = ([], byte, 1)
    }

    init(_ bytes: [UInt8]) {
      precondition(!bytes.isEmpty, "a delimiter has a byte at least")
      (self.bytes, last, byteCount) = (bytes, bytes[bytes.count - 1], bytes.count)
    }

    /// Whether the delimiter ends with the byte at a place.
    fileprivate func ends(at index: Int, in buffer: borrowing SeamBuffer) -> Bool {
      guard index >= byteCount - 1 else { return false }
      for offset in 0..<byteCount - 1
      where buffer.byte(at: index - byteCount + 1 + offset) != bytes[offset] { return false }
      return true
    }
  }

  /// How far an element has come.
  enum Progress {
    /// It is the buffer's element.
    case whole
    /// It needs more bytes.
    case unfinished
    /// It is longer than its limit.
    case tooLong
  }

  /// Takes an element, if all of it has come.
  ///
  /// - Parameters:
  ///   - element: What to take.
  ///   - searched: Bytes that were looked at in vain; 0 at first.
  /// - Returns: How far it has come. It is the same in whatever pieces the bytes have come.
  mutating func take(_ element: borrowing Portion, _ searched: inout Int) -> Progress {
    switch element {
    case .exactly(let count):
      guard byteCount >= count else { return .unfinished }
      take(count)
    case .peek(let count):
      guard byteCount >= count else { return .unfinished }
      take(count, stays: true)
    case .some(let limit):
      guard byteCount > 0 else { return .unfinished }
      take(min(limit, firstPieceByteCount))
    case .until(let delimiter, let limit):
      let progress = find(delimiter, limit: limit, &searched)
      guard progress == .whole else { return progress }
      take(searched - delimiter.byteCount, endByteCount: delimiter.byteCount)
    case .line(let limit):
      return takeLine(limit, &searched)
    }
    return .whole
  }

  /// Drops everything before a delimiter, and the delimiter; while that has not come, all bytes that
  /// cannot be a part of it.
  ///
  /// - Parameters:
  ///   - delimiter: What to drop.
  ///   - limit: How many bytes may come before it.
  ///   - droppedCount: Bytes that were dropped; 0 at first.
  ///   - searched: Bytes that were looked at in vain; 0 at first.
  /// - Returns: How far it has come; `.whole` if all is dropped.
  mutating func drop(
    to delimiter: borrowing Delimiter, limit: Int, _ droppedCount: inout Int,
    _ searched: inout Int
  ) -> Progress {
    let progress = find(delimiter, limit: limit - droppedCount, &searched)
    switch progress {
    case .whole:
      droppedCount += drop(atMost: searched)
    case .unfinished:
      droppedCount += drop(atMost: max(0, byteCount - delimiter.byteCount + 1))
      searched = byteCount
    case .tooLong:
      break
    }
    return progress
  }

  /// A line may be longer than its limit by the CR.
  private mutating func takeLine(_ limit: Int, _ searched: inout Int) -> Progress {
    let (lineFeed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    let progress = find(Delimiter(lineFeed), limit: limit == .max ? limit : limit + 1, &searched)
    guard progress == .whole else { return progress }
    let endByteCount = searched > 1 && byte(at: searched - 2) == carriageReturn ? 2 : 1
    guard searched - endByteCount <= limit else { return .tooLong }
    take(searched - endByteCount, endByteCount: endByteCount)
    return .whole
  }

  /// Looks for a delimiter that begins behind at most `limit` bytes.
  ///
  /// Sets `searched` to the end of the delimiter if it was found, else to where the search goes on.
  private func find(
    _ delimiter: borrowing Delimiter, limit: Int, _ searched: inout Int
  ) -> Progress {
    let sum = limit.addingReportingOverflow(delimiter.byteCount)
    let reach = sum.overflow ? Int.max : sum.partialValue
    while let index = firstIndex(of: delimiter.last, from: searched), index < reach {
      searched = index + 1
      if delimiter.ends(at: index, in: self) { return .whole }
    }
    guard byteCount < reach else { return .tooLong }
    searched = byteCount
    return .unfinished
  }
}

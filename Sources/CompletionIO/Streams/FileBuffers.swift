// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The bytes of a file between its reads and its sends: two buffers in turn, so that the next bytes
/// are read while the last are on their way out.
///
/// Positions are counted from the first byte that is to be sent.
@safe
struct FileBuffers: ~Copyable {
  /// Bytes of a buffer; more saves less than a tenth of the time.
  static let bufferByteCount = 1 << 17

  private let memory: UnsafeMutableRawPointer
  private let bufferByteCount: Int
  private let isDouble: Bool
  /// Where each buffer's bytes begin, and where they end.
  private var starts: InlineArray<2, Int>
  private var ends: InlineArray<2, Int>
  /// The buffer that the next read fills.
  private var readIndex = 0
  /// Where the next read goes on.
  private(set) var readPosition: Int
  private let byteCount: Int

  /// Makes buffers for bytes from a position up to the end.
  init(from position: Int, byteCount: Int) {
    self.byteCount = byteCount
    readPosition = position
    starts = [position, position]
    ends = [position, position]
    bufferByteCount = min(byteCount - position, Self.bufferByteCount)
    isDouble = byteCount - position > bufferByteCount
    unsafe memory = .allocate(byteCount: bufferByteCount * (isDouble ? 2 : 1), alignment: 4096)
  }

  deinit {
    unsafe memory.deallocate()
  }

  /// Whether there is a buffer for the next bytes, while everything before a position is out.
  func canRead(sentTo position: Int) -> Bool {
    readPosition < byteCount && ends[readIndex] <= position
      && (isDouble || readPosition <= position)
  }

  /// Memory for the next read.
  var target: (address: UInt, byteCount: Int) {
    let start = unsafe memory + readIndex * bufferByteCount
    return (UInt(bitPattern: start), min(bufferByteCount, byteCount - readPosition))
  }

  /// Takes note of bytes that were read.
  mutating func didRead(_ count: Int) {
    starts[readIndex] = readPosition
    readPosition += count
    ends[readIndex] = readPosition
    if isDouble { readIndex = 1 - readIndex }
  }

  /// The bytes from a position on that are in one buffer; `nil` if none are.
  func bytes(from position: Int) -> (address: UInt, byteCount: Int)? {
    for index in 0..<2 where starts[index] <= position && position < ends[index] {
      let start = unsafe memory + index * bufferByteCount + (position - starts[index])
      return (UInt(bitPattern: start), ends[index] - position)
    }
    return nil
  }
}

// SPDX-License-Identifier: Apache-2.0

/// How full received buffers have been of late, and so how many the kernel needs.
///
/// The kernel fills the buffers that it holds one after the other, so all of them pass through the
/// cache however few would do, and large messages miss it at each copy. Of those it gets only as
/// many as share 256 KiB: at 64 KiB a message that is a sixth of an echo server's time.
struct BufferFill {
  /// The average of bytes in a buffer, times 64.
  private var average64 = 0

  /// Takes note of one more buffer.
  mutating func add(byteCount: Int) {
    average64 += byteCount - average64 >> 6
  }

  /// How many buffers the kernel may hold.
  var bufferLimit: Int {
    max(Self.leastCount, (Self.hotByteCount << 6) / max(average64, 1))
  }

  private static var hotByteCount: Int { 1 << 18 }
  private static var leastCount: Int { 4 }
}

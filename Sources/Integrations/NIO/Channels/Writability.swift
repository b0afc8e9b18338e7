// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import NIOCore
internal import Synchronization

/// Whether a channel's unsent bytes allow more, by its water marks; read on any thread.
///
/// Above the high mark it says no, and yes again only below the low one.
final class Writability: Sendable {
  private let flag = Atomic<Bool>(true)

  var isWritable: Bool { flag.load(ordering: .relaxed) }

  /// Takes note of how many bytes are unsent.
  ///
  /// - Returns: Whether the answer has changed.
  func note(
    _ byteCount: Int, _ marks: ChannelOptions.Types.WriteBufferWaterMark
  ) -> Bool {
    let isWritable = isWritable
    if isWritable, byteCount > marks.high {
      flag.store(false, ordering: .relaxed)
      return true
    }
    if !isWritable, byteCount < marks.low {
      flag.store(true, ordering: .relaxed)
      return true
    }
    return false
  }

  /// Says no from now on: the channel is closed.
  func end() { flag.store(false, ordering: .relaxed) }
}
#endif

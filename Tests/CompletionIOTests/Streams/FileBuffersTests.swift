// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CompletionIO

/// The two buffers of a file that is read and sent, without a file.
@Suite struct FileBuffersTests {
  private let size = FileBuffers.bufferByteCount

  /// What buffers say when everything before a position is out.
  private struct Facts: Equatable {
    var canRead: Bool
    var unsentCount: Int?
  }

  private func facts(_ buffers: borrowing FileBuffers, sentTo position: Int) -> Facts {
    Facts(
      canRead: buffers.canRead(sentTo: position),
      unsentCount: buffers.bytes(from: position)?.byteCount)
  }

  @Test func aShortFileHasOneBuffer() {
    var buffers = FileBuffers(from: 0, byteCount: 100)
    var seen = [facts(buffers, sentTo: 0)]
    var targets = [buffers.target.byteCount]
    buffers.didRead(60)
    // The rest comes once these are out.
    seen += [10, 59, 60].map { facts(buffers, sentTo: $0) }
    targets.append(buffers.target.byteCount)
    buffers.didRead(40)
    seen += [99, 100].map { facts(buffers, sentTo: $0) }
    #expect(targets == [100, 40])
    #expect(
      seen == [
        Facts(canRead: true), Facts(canRead: false, unsentCount: 50),
        Facts(canRead: false, unsentCount: 1), Facts(canRead: true),
        Facts(canRead: false, unsentCount: 1), Facts(canRead: false),
      ])
  }

  @Test func theNextBytesAreReadWhileTheLastGoOut() {
    var buffers = FileBuffers(from: 0, byteCount: 3 * size)
    let first = buffers.target.address
    buffers.didRead(size)
    var seen = [facts(buffers, sentTo: 0)]
    let second = buffers.target.address
    buffers.didRead(size)
    seen += [size - 1, size].map { facts(buffers, sentTo: $0) }
    let addresses = [
      buffers.bytes(from: size - 1)?.address, buffers.bytes(from: size)?.address,
      buffers.target.address,
    ]
    #expect(second == first + UInt(size))
    #expect(addresses == [first + UInt(size) - 1, second, first])
    #expect(
      seen == [
        Facts(canRead: true, unsentCount: size), Facts(canRead: false, unsentCount: 1),
        Facts(canRead: true, unsentCount: size),
      ])
  }

  @Test func goesOnBehindWhatIsOut() {
    var buffers = FileBuffers(from: 70, byteCount: 100)
    var seen = [facts(buffers, sentTo: 70)]
    let (position, byteCount) = (buffers.readPosition, buffers.target.byteCount)
    buffers.didRead(30)
    seen += [69, 70].map { facts(buffers, sentTo: $0) }
    #expect(position == 70 && byteCount == 30)
    #expect(
      seen == [
        Facts(canRead: true), Facts(canRead: false), Facts(canRead: false, unsentCount: 30),
      ])
  }
}

// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Uring

/// Reading the header of a buffer, whatever is in it.
@Suite struct ReceivedMessageTests {
  private let layout = MessageLayout(nameByteCount: 8, controlByteCount: 24)

  private func parse(_ words: [UInt32], _ byteCount: Int) -> ReceivedMessage? {
    let memory = Memory([UInt8](repeating: 0xa5, count: max(16, byteCount)))
    for (index, word) in words.enumerated() {
      unsafe memory.start.storeBytes(of: word, toByteOffset: index * 4, as: UInt32.self)
    }
    let span = unsafe RawSpan(_unsafeStart: memory.start, byteCount: byteCount)
    return ReceivedMessage(parsing: span, layout: layout)
  }

  @Test func readsWhatTheKernelWrites() throws {
    let message = try #require(parse([6, 20, 5, 0], 48 + 5))
    #expect(message.name == 16..<22)
    #expect(message.control == 24..<44)
    #expect(message.payload == 48..<53)
    #expect(message.messageByteCount == 5)
    #expect(message.flags == [])
  }

  @Test func tellsTheSizeOfAMessageThatWasCut() throws {
    let message = try #require(parse([8, 0, 9000, 0x28], 48 + 100))
    #expect(message.payload.count == 100)
    #expect(message.messageByteCount == 9000)
    #expect(message.flags == [.truncated, .controlTruncated])
  }

  @Test func anEmptyMessageHasItsHeader() throws {
    let message = try #require(parse([8, 0, 0, 0], 48))
    #expect(message.payload.isEmpty)
    #expect(message.messageByteCount == 0)
  }

  @Test(arguments: [0, 1, 15, 16, 47])
  func aBufferWithoutRoomForTheHeaderIsNoMessage(_ byteCount: Int) {
    #expect(parse([8, 24, 0, 0], byteCount) == nil)
  }

  /// Sizes that liburing 2.3 would add up beyond the end of the buffer.
  @Test(arguments: [UInt32.max, 0x8000_0000, 25])
  func noSizeLeadsOutOfTheBuffer(_ size: UInt32) throws {
    let message = try #require(parse([size, size, size, size], 60))
    #expect(message.name == 16..<24)
    #expect(message.control == 24..<48)
    #expect(message.payload == 48..<60)
    #expect(message.messageByteCount == Int(size))
  }
}

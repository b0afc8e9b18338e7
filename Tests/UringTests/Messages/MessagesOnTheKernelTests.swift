// SPDX-License-Identifier: Apache-2.0

import CLiburing
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Messages of Unix-domain sockets of datagrams, which the kernel delivers at once and in order.
@Suite struct MessagesOnTheKernelTests {
  private static let layout = MessageLayout(nameByteCount: 16, controlByteCount: 32)

  private struct NoBuffer: Error {}

  private struct Stage: ~Copyable {
    var ring: Ring
    let pool: BufferPool
    let pair: SocketPair
    let template = MessageTemplate(MessagesOnTheKernelTests.layout)

    init(bufferSize: Int) throws {
      var ring = try Ring.small()
      let pool = try BufferPool(capacity: 8, bufferSize: bufferSize, group: 3)
      try ring.register(pool)
      ring.provide(from: pool)
      pair = try SocketPair(SOCK_DGRAM)
      self.pool = pool
      self.ring = ring
    }
  }

  @Test(.needs(.receiveMultishot, .bufferRing))
  func receivesOneMessageAfterTheOther() throws {
    var stage = try Stage(bufferSize: 256)
    try stage.ring.submit(
      stage.template.receiveMultishot(.file(stage.pair.near), bufferGroup: 3))
    for text in ["hello", "world!"] {
      try stage.pair.write(Array(text.utf8))
      let completion = try #require(try stage.ring.next().first)
      #expect(completion.hasMore)
      guard let lease = stage.pool.lease(for: completion) else { throw NoBuffer() }
      let parsed = ReceivedMessage(parsing: lease.bytes, layout: Self.layout)
      let message = try #require(parsed)
      #expect(message.flags == [])
      #expect(message.messageByteCount == text.utf8.count)
      #expect(array(lease.bytes.extracting(message.payload)) == Array(text.utf8))
    }
  }

  @Test(.needs(.receiveMultishot, .bufferRing))
  func tellsHowLongAMessageWasThatWasCut() throws {
    var stage = try Stage(bufferSize: 128)
    try stage.ring.submit(
      stage.template.receiveMultishot(
        .file(stage.pair.near), bufferGroup: 3, options: .fullLength))
    try stage.pair.write([UInt8](repeating: 7, count: 500))
    let completion = try #require(try stage.ring.next().first)
    #expect(completion.result == 128)
    guard let lease = stage.pool.lease(for: completion) else { throw NoBuffer() }
    let parsed = ReceivedMessage(parsing: lease.bytes, layout: Self.layout)
    let message = try #require(parsed)
    #expect(message.payload.count == 128 - 64)
    #expect(message.messageByteCount == 500)
    #expect(message.flags == .truncated)
  }

  /// io_recvmsg_multishot counts nothing received as the end.
  @Test(.needs(.receiveMultishot, .bufferRing)) func anEmptyMessageEndsTheRequest() throws {
    var stage = try Stage(bufferSize: 128)
    try stage.ring.submit(
      stage.template.receiveMultishot(.file(stage.pair.near), bufferGroup: 3))
    try stage.pair.write([])
    let completion = try #require(try stage.ring.next().first)
    #expect(completion.result == 64)
    #expect(!completion.hasMore)
    guard let lease = stage.pool.lease(for: completion) else { throw NoBuffer() }
    let parsed = ReceivedMessage(parsing: lease.bytes, layout: Self.layout)
    let message = try #require(parsed)
    #expect(message.payload.isEmpty)
  }

  @Test(.needs(.bufferRing)) func receivesOneMessageIntoAChosenBuffer() throws {
    var stage = try Stage(bufferSize: 128)
    for count in [3, 0, 500] {
      stage.template.reset()
      try stage.ring.submit(
        stage.template.receive(
          .file(stage.pair.near), bufferGroup: 3, options: .fullLength))
      try stage.pair.write([UInt8](repeating: 7, count: count))
      let completion = try #require(try stage.ring.next().first)
      #expect(completion.result == Int32(count))
      // Of nothing the kernel keeps its buffer.
      #expect((completion.bufferIndex != nil) == (count > 0))
      #expect(stage.template.receivedFlags == (count > 128 ? .truncated : []))
      #expect(stage.template.receivedName.byteCount == 0)
      #expect(stage.template.receivedControl.byteCount == 0)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOConcurrencyHelpers
import NIOCore

/// Writes, flushes and closes at once.
final class GreetAndClose: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let bytes: ByteBuffer
  private let promise: EventLoopPromise<Void>

  init(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>) {
    self.bytes = bytes
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    context.writeAndFlush(NIOAny(bytes), promise: promise)
    context.close(promise: nil)
  }
}

/// Notes the sizes of reads.
final class Sizes: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let sizes: NIOLockedValueBox<[Int]>

  init(_ sizes: NIOLockedValueBox<[Int]>) { self.sizes = sizes }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let count = Self.unwrapInboundIn(data).readableBytes
    sizes.withLockedValue { $0.append(count) }
    context.fireChannelRead(data)
  }
}

/// Says, when the peer has ended its half, how many bytes it has sent.
final class AnswerAtEnd: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let byteCount = NIOLockedValueBox(0)

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    byteCount.withLockedValue { $0 += Self.unwrapInboundIn(data).readableBytes }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard let event = event as? ChannelEvent, event == .inputClosed else { return }
    let text = "\(byteCount.withLockedValue { $0 }) bytes"
    context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
    context.close(mode: .output, promise: nil)
  }
}

/// Writes a byte, and another when it is out, up to a hundred.
func writeAgain(_ channel: any Channel, _ count: Int, _ all: EventLoopPromise<Int>) {
  guard count < 100 else { return all.succeed(count) }
  channel.writeAndFlush(ByteBuffer(bytes: [UInt8(count)])).whenComplete { result in
    switch result {
    case .success: writeAgain(channel, count + 1, all)
    case .failure(let error): all.fail(error)
    }
  }
}

/// Sends bytes, a file and bytes, and closes.
final class SendFile: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer

  private let region: FileRegion

  init(_ region: FileRegion) { self.region = region }

  func channelActive(context: ChannelHandlerContext) {
    context.write(NIOAny(ByteBuffer(bytes: [1, 2])), promise: nil)
    context.write(NIOAny(region), promise: nil)
    let channel = context.channel
    let handle = region.fileHandle
    context.writeAndFlush(NIOAny(ByteBuffer(bytes: [3]))).whenComplete { _ in
      try? handle.close()
      channel.close(promise: nil)
    }
  }
}

/// Files of tests.
enum UringTestFile {
  static func freePath() -> String {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("nio-\(UInt64.random(in: 0 ... .max))").path
  }

  static func make(_ bytes: [UInt8]) throws -> String {
    let path = freePath()
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  static func remove(_ path: String) throws {
    try FileManager.default.removeItem(atPath: path)
  }
}

extension EventLoop {
  /// Returns behind the loop's next turn.
  func passTurn() async throws {
    try await submit {}.get()
  }
}

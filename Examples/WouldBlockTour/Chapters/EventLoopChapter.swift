// SPDX-License-Identifier: Apache-2.0

import ReadinessIO
import SystemPackage

/// One thread for all connections: epoll tells which can go on.
enum EventLoopChapter {
  static func run(telling narration: inout Narration) throws {
    narration.chapter("5. An epoll event loop: one thread, and nobody sleeps for one connection")
    var loop = try EventLoop()
    try loop.send()
    try expect(loop.isWaitingForWritability, "a send that would block")
    narration.tell("send", "would block: the unsent bytes are kept, and epoll watches for room")
    try loop.startReading()
    while !loop.isDone { try loop.turn() }
    try loop.check.finish()
    try expect(loop.writableCount > 0, "an event that says writable")
    narration.tell("epoll", "said writable whenever there was room, readable whenever bytes came")
    narration.tell("recv", "every byte arrived, in order")
  }
}

/// A sender and a receiver on one poller.
private struct EventLoop: ~Copyable {
  private static let senderToken: UInt64 = 1
  private static let receiverToken: UInt64 = 2

  private(set) var check = PatternCheck()
  private(set) var isWaitingForWritability = false
  private(set) var writableCount = 0
  private var poller: EpollPoller
  private let pair: NonblockingPair
  /// Everything from here on is unsent.
  private var sentCount = 0
  private var events: [ReadinessEvent] = []

  init() throws {
    let poller = try EpollPoller()
    let pair = try NonblockingPair()
    self.poller = poller
    self.pair = pair
  }

  var isDone: Bool { check.byteCount == Pattern.byteCount }

  /// Sends until all is out or it would block; only then is writability of interest.
  mutating func send() throws {
    while sentCount < Pattern.byteCount {
      do throws(NonblockingSocketError) {
        sentCount += try pair.sender.sendPattern(from: sentCount)
      } catch .wouldBlock {
        guard !isWaitingForWritability else { return }
        isWaitingForWritability = true
        return try poller.register(
          pair.sender.descriptor, token: Self.senderToken, interest: .writable, mode: .level)
      }
    }
    if isWaitingForWritability {
      // An idle socket is always writable: to go on watching would spin.
      isWaitingForWritability = false
      try poller.deregister(pair.sender.descriptor)
    }
  }

  mutating func startReading() throws {
    try poller.register(
      pair.receiver.descriptor, token: Self.receiverToken, interest: .readable, mode: .level)
  }

  mutating func turn() throws {
    _ = try poller.wait(into: &events, timeout: nil)
    for event in events {
      if event.token == Self.senderToken {
        writableCount += 1
        try send()
      } else {
        check.add(try pair.receiveSome())
      }
    }
  }
}

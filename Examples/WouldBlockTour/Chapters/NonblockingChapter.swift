// SPDX-License-Identifier: Apache-2.0

import ReadinessIO
import SystemPackage
import Uring

/// Non-blocking calls: where a blocking one would sleep, they say so.
enum NonblockingChapter {
  static func run(telling narration: inout Narration) throws {
    narration.chapter("3. Non-blocking calls, Python's setblocking(False): they say so at once")
    try accept(&narration)
    try receive(&narration)
    try send(&narration)
    try connect(&narration)
  }

  private static func accept(_ narration: inout Narration) throws {
    let listener = try NonblockingSocket.listen(at: .loopback(port: 0))
    let error = try wouldBlock { () throws(NonblockingSocketError) in _ = try listener.accept() }
    narration.tell("accept", "with an empty queue: \(error.inFull)")
  }

  private static func receive(_ narration: inout Narration) throws {
    let pair = try NonblockingPair()
    let error = try wouldBlock { () throws(NonblockingSocketError) in _ = try pair.receive() }
    narration.tell("recv", "with an empty receive buffer: \(error.inFull)")
  }

  private static func send(_ narration: inout Narration) throws {
    let pair = try NonblockingPair()
    var sentCount = 0
    let error = try wouldBlock { () throws(NonblockingSocketError) in
      while sentCount < Pattern.byteCount {
        sentCount += try pair.sender.sendPattern(from: sentCount)
      }
    }
    narration.tell("send", "takes what fits in the buffers, though the peer does not read")
    narration.tell("send", "with a full send buffer: \(error.inFull)")

    var check = PatternCheck()
    while check.byteCount < sentCount { check.add(try pair.receiveSome()) }
    while sentCount < Pattern.byteCount {
      sentCount += try pair.sender.sendPattern(from: sentCount)
      while check.byteCount < sentCount { check.add(try pair.receiveSome()) }
    }
    try check.finish()
    narration.tell("send", "lost nothing: the rest was kept; every byte arrived, in order")
  }

  private static func connect(_ narration: inout Narration) throws {
    let listener = try FullListener()
    let socket = try NonblockingSocket(for: listener.address)
    let first = try wouldBlock { () throws(NonblockingSocketError) in
      try socket.connect(to: listener.address)
    }
    narration.tell("connect", "to a full queue: \(first.inFull)")
    let second = try wouldBlock { () throws(NonblockingSocketError) in
      try socket.connect(to: listener.address)
    }
    narration.tell("connect", "asked again: \(second.inFull)")

    try listener.makeRoom()
    var poller = try EpollPoller()
    try poller.register(socket.descriptor, token: 0, interest: .writable, mode: .oneshot)
    var events: [ReadinessEvent] = []
    _ = try poller.wait(into: &events, timeout: nil)
    try poller.deregister(socket.descriptor)
    try socket.finishConnect()
    narration.tell("connect", "went on by itself: writable tells its end, SO_ERROR its success")
  }

  /// The errno of a call that must say that it would block.
  private static func wouldBlock(
    _ call: () throws(NonblockingSocketError) -> Void
  ) throws -> Errno {
    do throws(NonblockingSocketError) {
      try call()
    } catch .wouldBlock(_, let errno) {
      return errno
    }
    throw TourError("expected: a call that would block")
  }
}

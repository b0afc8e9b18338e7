// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What a delegate may do in each of its methods, which is everything.
@Suite("A delegate's acts", .timeLimit(.minutes(3)))
struct DelegateActTests {
  enum Act: CaseIterable {
    case close, linger, abort, reset, pause, giveAway, stopReceiving, finishSending, sendMore,
      otherThread, startAgain

    func perform(on stream: SocketStream) {
      switch self {
      case .close: stream.close()
      case .linger: stream.close(lingering: LingerLimit(duration: .milliseconds(1))) as Void
      case .abort: stream.abort()
      case .reset: stream.reset()
      case .pause: stream.pauseReceiving()
      case .giveAway:
        stream.giveAway { result in
          if case .success(let socket) = result { try? socket.descriptor.close() }
        }
      case .stopReceiving: stream.stopReceiving()
      case .finishSending: stream.finishSending()
      case .sendMore: stream.enqueue(copying: unsafe [7].span.bytes, context: 2)
      case .otherThread:
        let thread = try? TestThread { stream.abort() }
        thread?.join()
      case .startAgain: stream.start(SocketDelegate())
      }
    }
  }

  static let methods = ["opened", "received", "sent", "drained", "draining", "ended", "closed"]

  @Test("Each act in each method", arguments: methods, Act.allCases)
  func acts(_ method: String, _ act: Act) async throws {
    let note = Recorder.Note()
    weak var leftStream: SocketStream?
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try PlainSocket.listening()
      let address = try listener.localAddress
      let stream: SocketStream? = await withCheckedContinuation { continuation in
        SocketStream.connect(
          to: address, on: loop, failed: { _ in continuation.resume(returning: nil) }
        ) { stream in
          defer { continuation.resume(returning: stream) }
          stream.setUnsentMarks(low: 0, high: 1)
          return Recorder(note, acts: [method: { act.perform(on: $0) }])
        }
      }
      leftStream = stream
      let far = HeldSocket(try listener.accept())
      // Fails where the stream was reset when it was opened.
      try? far.socket.send(all: [1, 2, 3])
      if method != "opened" { await loop.until { !note.received.isEmpty || note.all.count > 2 } }
      await loop.ask {
        stream?.enqueue(copying: unsafe [1, 2].span.bytes, context: 1)
        stream?.listenerClosed()
      }
      await loop.until {
        note.all.contains("sent") || note.all.contains("closed")
      }
      far.socket.finishSending()
      // A stream that is paused hears of no end.
      await loop.ask { stream?.resumeReceiving() }
      let isOpen = await loop.ask { stream?.handler != nil }
      if isOpen, act != .pause { await loop.until { note.all.contains("ended") } }
      stream?.close()
      await loop.until { note.all.contains("closed") }
    }
    let all = note.all
    #expect(all.last == "closed")
    for once in ["opened", "ended", "closed"] {
      #expect(all.filter { $0 == once }.count == 1, "\(once) in \(all)")
    }
    #expect(all.first == "opened")
    #expect(note.gone.value == 1)
    #expect(leftStream == nil)
  }

  @Test("A delegate keeps its own state, and its stream serves its peer")
  func ownState() async throws {
    final class Lines: SocketDelegate {
      var count = 0

      override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
        for index in 0..<lease.byteCount where lease[index] == 10 { count += 1 }
        unsafe stream.enqueue(copying: Array("\(count)\n".utf8).span.bytes)
      }
    }
    try await withLoops(2) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      try listener.handle { _ in Lines() }
      for _ in 0..<3 {
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: group.loops[0])
        var reader = ByteReader(client)
        for number in 1...3 {
          try await client.send(Array("line\n".utf8))
          let isThere = try await reader.readLine(limit: 100)
          #expect(isThere && String(validating: reader.element) == "\(number)")
        }
        await client.close()
      }
    }
  }

  /// No receive was armed again once the policy had shown that it would block.
  @Test(
    "A delegate receives whatever the policy of its stream",
    arguments: [
      ResubmissionPolicy.nonblocking, .retry(limit: 2),
      .backoff(initial: .microseconds(1), limit: .microseconds(2)), .completion,
    ])
  func policies(_ policy: ResubmissionPolicy) async throws {
    try await withLoops(1, { $0.policy = policy }) { group in
      let loop = group.loops[0]
      let listener = try PlainSocket.listening()
      let note = Recorder.Note()
      let address = try listener.localAddress
      let stream: SocketStream? = await withCheckedContinuation { continuation in
        SocketStream.connect(
          to: address, on: loop, policy: .completion,
          failed: { _ in continuation.resume(returning: nil) }
        ) { stream in
          defer { continuation.resume(returning: stream) }
          stream.policy = policy
          return Recorder(note)
        }
      }
      let far = try listener.accept()
      // Time enough for the kernel to say that nothing has come.
      for _ in 0..<20 { await loop.ask {} }
      for number in 1...3 as ClosedRange<UInt8> {
        try far.send(all: [number])
        await loop.until { note.received.count >= Int(number) }
      }
      #expect(note.received == [1, 2, 3])
      far.finishSending()
      await loop.until { note.all.last == "closed" }
      withExtendedLifetime(stream) {}
    }
  }
}

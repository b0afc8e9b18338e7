// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Handlers hear of the end of each stream once, whoever has ended it.
@Suite(.timeLimit(.minutes(3))) struct HandlerEndTests {
  enum End: CaseIterable {
    case close, abort, loopCloses, peerCloses, peerResets, stopReceiving
  }

  @Test(arguments: End.allCases)
  func endedIsCalledOnceAndClosedLast(_ end: End) async throws {
    let log = Mutex<[String]>([])
    let causes = Mutex<[SocketError.Cause?]>([])
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try PlainSocket.listening()
      let near = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      var far: HeldSocket? = HeldSocket(try listener.accept())
      near.stream.start(
        StreamHandler(
          received: { _, _ in },
          ended: { stream, error in
            log.withLock { $0.append("ended") }
            causes.withLock { $0.append(error?.cause) }
            stream.close()
          },
          closed: { _ in log.withLock { $0.append("closed") } }))
      switch end {
      case .close: near.stream.close()
      case .abort: near.stream.abort()
      case .loopCloses: await group.close()
      case .peerCloses: far?.socket.finishSending()
      case .peerResets:
        far?.socket.resetOnClose()
        far = nil
      case .stopReceiving: near.stream.stopReceiving()
      }
      if end != .loopCloses {
        await loop.until { log.withLock { $0.count } >= 2 }
        near.stream.close()
        near.stream.abort()
        await loop.until { near.stream.closing == .closed }
      }
      withExtendedLifetime(far) {}
    }
    #expect(log.withLock { $0 } == ["ended", "closed"])
    let expected: SocketError.Cause? =
      switch end {
      case .close, .abort: .closed
      case .loopCloses: .loopStopped
      case .peerCloses, .stopReceiving: nil
      case .peerResets: .kernel
      }
    #expect(causes.withLock { $0 } == [expected])
  }

  /// A send behind the handler's own end ended the receiving half too: bytes that had arrived were
  /// lost.
  @Test func aSendBehindItsOwnEndLosesNothingThatArrives() async throws {
    let received = Mutex<[UInt8]>([])
    let refused = Mutex<[SocketError.Cause?]>([])
    let ends = Mutex<[SocketError?]>([])
    try await withPair { near, far in
      let stream = near.stream
      stream.start(
        StreamHandler(
          received: { _, lease in
            let bytes = lease.bytes
            received.withLock { list in
              for index in bytes.byteOffsets {
                list.append(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
              }
            }
          },
          ended: { _, error in ends.withLock { $0.append(error) } },
          sent: { _, completion in refused.withLock { $0.append(completion.error?.cause) } }))
      await stream.loop.ask {
        stream.finishSending()
        stream.enqueue(copying: unsafe [9].span.bytes)
        stream.enqueue(copying: unsafe [9].span.bytes, context: 5)
      }
      try await far.send([1, 2, 3])
      try await far.finishSending()
      await stream.loop.until { !ends.withLock { $0.isEmpty } }
      #expect(try await far.receiveAll() == [])
    }
    #expect(received.withLock { $0 } == [1, 2, 3])
    #expect(refused.withLock { $0 } == [.finished])
    #expect(ends.withLock { $0 } == [nil])
  }

  /// A client that still uploaded lost the answer: the close reset the connection.
  @Test(arguments: [false, true])
  func aLingeringCloseLetsAnUploaderReadTheAnswer(_ isServed: Bool) async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let limit = LingerLimit(duration: .seconds(30), byteCount: 1 << 30)
      let serving = Task {
        try await listener.serve(lingering: isServed ? limit : nil) { connection in
          _ = try await connection.receive()
          try await connection.send(numbered(1000))
          if !isServed { await connection.close(lingering: limit) }
        }
      }
      for _ in 0..<10 {
        let client = try await StreamConnection.connect(
          to: listener.localAddress, on: group.loops[0])
        try await client.send(numbered(2 << 20))
        try await client.finishSending()
        let answer = try await client.receiveAll()
        #expect(answer == numbered(1000))
        await client.close()
      }
      await listener.close()
      try await serving.value
    }
  }

  /// Leases that one handler kept starved every other connection of its loop.
  @Test func leasesThatAreKeptDoNotStarveOtherConnections() async throws {
    let kept = Mutex<[LeaseBox]>([])
    try await withLoops(1, { $0.bufferCount = 16 }) { group in
      let loop = group.loops[0]
      let keeping = try await ConnectionPair(on: group)
      keeping.near.stream.start(
        StreamHandler(
          received: { _, lease in
            let box = LeaseBox(lease)
            kept.withLock { $0.append(box) }
          }, ended: { _, _ in }))
      for count in 1...64 {
        try await keeping.far.send([UInt8(count)])
        await loop.until { kept.withLock { $0.count } >= count }
      }
      try await withEcho(on: group) { address in
        let client = try await StreamConnection.connect(to: address, on: loop)
        try await client.exchange(3000, times: 5)
        await client.close()
      }
      let bytes = kept.withLock { boxes in
        boxes.map { box in
          guard let lease = box.take() else { return UInt8(0) }
          return unsafe lease.bytes.unsafeLoad(as: UInt8.self)
        }
      }
      #expect(bytes == (1...64).map { UInt8($0) })
      await keeping.close()
    }
  }
}

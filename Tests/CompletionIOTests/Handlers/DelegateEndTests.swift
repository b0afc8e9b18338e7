// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing
import Uring

@testable import CompletionIO

@Suite("The end of a stream with a delegate", .timeLimit(.minutes(3)))
struct DelegateEndTests {
  enum End: CaseIterable {
    case close, lingering, abort, reset, giveAway, peerEnds, peerResets, groupCloses, draining,
      idleness, stopReceiving
  }

  @Test("Each end is told once, closed is the last, and nothing is left", arguments: End.allCases)
  func ends(_ end: End) async throws {
    let note = Recorder.Note()
    weak var leftStream: SocketStream?
    try await withLoops { group in
      let loop = group.loops[0]
      let listener = try PlainSocket.listening()
      let given = Event()
      let stream = await connect(to: try listener.localAddress, on: loop, note)
      leftStream = stream
      var far: HeldSocket? = HeldSocket(try listener.accept())
      switch end {
      case .close: stream?.close()
      case .lingering:
        stream?.close(lingering: LingerLimit(duration: .milliseconds(1))) as Void?
      case .abort: stream?.abort()
      case .reset: stream?.reset()
      case .giveAway:
        stream?.giveAway { result in
          if case .success(let socket) = result { try? socket.descriptor.close() }
          given.happen()
        }
        await given.wait()
      case .peerEnds: far?.socket.finishSending()
      case .peerResets:
        far?.socket.resetOnClose()
        far = nil
      case .groupCloses: await group.close()
      case .draining: await loop.ask { stream?.listenerClosed() }
      case .idleness: stream?.setIdleLimits(IdleLimits(receiving: .milliseconds(1)))
      case .stopReceiving: stream?.stopReceiving()
      }
      if end != .groupCloses { await loop.until { note.all.last == "closed" } }
      withExtendedLifetime(far) {}
    }
    let expected =
      end == .draining
      ? ["opened", "draining", "ended", "closed"] : ["opened", "ended", "closed"]
    #expect(note.all == expected)
    #expect(note.ends.count == 1)
    let cause: SocketError.Cause? =
      switch end {
      case .close, .lingering, .abort, .reset, .giveAway, .draining: .closed
      case .peerEnds, .stopReceiving: nil
      case .peerResets: .kernel
      case .groupCloses: .loopStopped
      case .idleness: .timeout
      }
    #expect(note.ends.first??.cause == cause)
    #expect(note.gone.value == 1, "the delegate is let go")
    #expect(leftStream == nil, "and so is the stream")
  }

  /// Connects a stream whose delegate closes it when its group drains.
  private func connect(
    to address: SocketAddress, on loop: CompletionLoop, _ note: Recorder.Note
  ) async -> SocketStream? {
    await withCheckedContinuation { continuation in
      SocketStream.connect(
        to: address, on: loop, failed: { _ in continuation.resume(returning: nil) }
      ) { stream in
        defer { continuation.resume(returning: stream) }
        return Recorder(note, acts: ["draining": { $0.abort() }])
      }
    }
  }

  @Test("A connect that fails makes no delegate, and says so once", arguments: [false, true])
  func failedConnect(whileStopping: Bool) async throws {
    let note = Recorder.Note()
    let failed = Tally()
    let group = try CompletionLoopGroup(count: 1)
    let free = try PlainSocket.bound()
    let address = try free.localAddress
    if whileStopping { await group.close() }
    let error = await withCheckedContinuation { continuation in
      SocketStream.connect(
        to: address, on: group.loops[0],
        failed: { error in
          failed.add()
          continuation.resume(returning: error)
        }
      ) { _ in Recorder(note) }
    }
    #expect(error.errno == (whileStopping ? .socketShutdown : .connectionRefused))
    await group.close()
    #expect(failed.value == 1 && note.made.value == 0)
  }

  @Test("A delegate of a stream that closes or is closed is told of its end")
  func startedLate() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let notes = [Recorder.Note(), Recorder.Note(), Recorder.Note()]
      let pair = try await ConnectionPair(on: group)
      let stream = pair.near.stream
      await loop.ask {
        stream.abort()
        stream.start(Recorder(notes[0]))
      }
      await loop.until { notes[0].all.count == 2 }
      stream.start(Recorder(notes[1]))
      await loop.until { notes[1].all.count == 2 }
      await pair.close()
      await group.close()
      stream.start(Recorder(notes[2]))
      for note in notes {
        #expect(note.all == ["ended", "closed"])
        #expect(note.gone.value == 1)
      }
      #expect(notes[2].ends.first??.cause == .loopStopped)
    }
  }

  @Test("Connections that are accepted while their loops stop leave no delegate")
  func stoppingServers() async throws {
    for round in 0..<10 {
      let note = Recorder.Note()
      let group = try CompletionLoopGroup(count: 2)
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      try listener.handle { _ in Recorder(note) }
      try await withLoops { clients in
        await withTaskGroup(of: Void.self) { tasks in
          for number in 0..<20 {
            tasks.addTask {
              _ = await failure { () async throws(SocketError) in
                let client = try await StreamConnection.connect(
                  to: listener.localAddress, on: clients.loops[0])
                try await client.send([1])
                await client.close()
              }
              if number == round { await group.close() }
            }
          }
        }
      }
      await group.close()
      #expect(note.gone.value == note.made.value)
      #expect(note.all.filter { $0 == "closed" }.count == note.made.value)
      #expect(note.all.filter { $0 == "ended" }.count == note.made.value)
    }
  }
}

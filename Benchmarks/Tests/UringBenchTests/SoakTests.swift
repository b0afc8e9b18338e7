// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CompletionIO
import Testing

@testable import uring_bench

@Suite("A soak", .timeLimit(.minutes(3)))
struct SoakTests {
  /// In a process of its own, because what it counts belongs to the process.
  @Test("leaves nothing behind, in short")
  func short() async throws {
    let ended = try await onThread {
      try Executable.run(
        ["soak", "--minutes", "0.06", "--loops", "1", "--seed", "11"], seconds: 120)
    }
    #expect(ended.code == 0)
    #expect(ended.lines.first == "seed 11")
    #expect(ended.lines.count == 5)
  }

  @Test("notices a changed byte and a byte too many", arguments: [false, true])
  func spoiled(isDoubled: Bool) async throws {
    let server = try Spoiler(isDoubled ? .double : .flip)
    let group = try CompletionLoopGroup(count: 1)
    let tally = SoakTally()
    let fault = try await StreamConnection.with(
      address: "127.0.0.1:\(server.port)", on: group
    ) { connection in
      let peer = SoakPeer(connection: connection, content: SoakContent(), start: 5, tally: tally)
      do {
        for index in 0..<6 {
          try await peer.sendMessage(10, at: index * 10)
          try await peer.receive(from: index * 10, to: index * 10 + 10)
        }
        return SoakFault?.none
      } catch {
        return error as? SoakFault
      }
    }
    await group.close()
    #expect(fault?.isAboutBytes == true)
    #expect(tally.counts.bytes == 40 || tally.counts.bytes == 51)
  }

  @Test("a delegate notices a changed byte and a byte too many", arguments: [false, true])
  func spoiledDelegate(isDoubled: Bool) async throws {
    let server = try Spoiler(isDoubled ? .double : .flip)
    let group = try CompletionLoopGroup(count: 1)
    let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
      SocketStream.connect(
        to: .loopback(port: server.port), on: group.loops[0],
        failed: { continuation.resume(returning: .failure($0)) },
        delegate: { _ in
          SoakDelegate(count: 5000, size: 1, SoakContent(), from: 0, SoakTally()) {
            continuation.resume(returning: $0)
          }
        })
    }
    await group.close()
    #expect(throws: SoakFault.self) { try result.get() }
  }

  @Test("repeats what it does from its seed")
  func scripts() {
    func scripts(_ seed: UInt64, _ lane: Int) -> [SoakScript] {
      var numbers = SoakNumbers(seed: seed, phase: 1, lane: lane)
      return (0..<2000).map { _ in SoakScript(&numbers) }
    }
    let scripts0 = scripts(3, 0)
    #expect(scripts0 == scripts(3, 0))
    #expect(scripts0 != scripts(3, 1))
    #expect(scripts0 != scripts(4, 0))
    #expect(Set(scripts0.map(\.server)) == Set(SoakServer.allCases))
    for ending in SoakScript.Ending.allCases {
      #expect(scripts0.contains { $0.ending == ending })
    }
    #expect(scripts0.contains { $0.exchange == .lockstep(count: 1, size: 1) || $0.breaksOff })
  }

  @Test("numbers spread over a range stay in it", arguments: [1...1, 1...1 << 20, 3...5])
  func spread(range: ClosedRange<Int>) {
    var numbers = SoakNumbers(seed: 1)
    for _ in 0..<1000 { #expect(range.contains(numbers.spread(over: range))) }
  }

  @Test("takes as long as it was told, with at least three points behind the warm-up")
  func phases() {
    for minutes in [0.05, 1, 1.5, 60, 600] {
      let lengths = SoakPhase.lengths(minutes: minutes)
      #expect(lengths.count >= 4)
      #expect(abs(lengths.reduce(0, +) - minutes * 60) < 0.001)
      #expect(lengths.allSatisfy { $0 <= 60.001 })
    }
  }

  @Test("is told how long, with how many loops, from which seed")
  func options() throws {
    let command = try SoakCommand.parse(["--minutes", "0.2", "--seed", "5"])
    #expect(command.minutes == 0.2 && command.loops == 2 && command.seed == 5)
    #expect(throws: (any Error).self) { try SoakCommand.parse(["--minutes", "0"]) }
    #expect(throws: (any Error).self) { try SoakCommand.parse([]) }
  }
}

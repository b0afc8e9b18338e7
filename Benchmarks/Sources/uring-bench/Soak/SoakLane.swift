// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

/// Makes one connection after the other until its phase is over.
struct SoakLane: Sendable {
  let number: Int
  let seed: UInt64
  let loops: [CompletionLoop]
  let servers: SoakServers
  let content: SoakContent
  let tally: SoakTally

  func run(_ phase: SoakPhase) async {
    var numbers = SoakNumbers(seed: seed, phase: phase.number, lane: number)
    var count = 0
    while !phase.isOver {
      let script = SoakScript(&numbers)
      let loop = loops[Int.random(in: 0..<loops.count, using: &numbers)]
      // A task draws numbers as often as it comes to, so each connection has its own.
      var own = SoakNumbers(seed: numbers.next())
      tally.add { counts in
        counts.connections += 1
        if script.breaksOff { counts.breaks += 1 }
      }
      do {
        try await visit(script, on: loop, phase, &own)
      } catch {
        let place = "phase \(phase.number), lane \(number), connection \(count), \(script)"
        tally.unexpected(error, place)
      }
      count += 1
    }
  }

  private func visit(
    _ script: SoakScript, on loop: CompletionLoop, _ phase: SoakPhase, _ numbers: inout SoakNumbers
  ) async throws {
    let start = Int.random(in: 0..<ContentTable.period, using: &numbers)
    if case .delegate(let count, let size) = script.exchange, script.server != .quitting {
      return try await delegate(count, size, to: script.server, on: loop, from: start)
    }
    guard script.isOnLoop else {
      return try await converse(script, on: loop, from: start, phase, &numbers)
    }
    var own = numbers
    try await withTaskExecutorPreference(loop) {
      try await converse(script, on: loop, from: start, phase, &own)
    }
  }

  private func converse(
    _ script: SoakScript, on loop: CompletionLoop, from start: Int, _ phase: SoakPhase,
    _ numbers: inout SoakNumbers
  ) async throws {
    var options = SocketOptions()
    if case .slowReader = script.exchange {
      options.receiveBufferByteCount = 1 << 13
      options.sendBufferByteCount = 1 << 13
    }
    let connection = try await StreamConnection.connect(
      to: servers.address(of: script.server), on: loop, timeout: SoakPeer.patience,
      options: options)
    let peer = SoakPeer(connection: connection, content: content, start: start, tally: tally)
    try await SoakConversation(script: script, peer: peer, phase: phase).run(&numbers)
  }

  private func delegate(
    _ count: Int, _ size: Int, to server: SoakServer, on loop: CompletionLoop, from start: Int
  ) async throws {
    try await withCheckedThrowingContinuation { continuation in
      SocketStream.connect(
        to: servers.address(of: server), on: loop, timeout: SoakPeer.patience,
        failed: { continuation.resume(throwing: $0) },
        delegate: { _ in
          SoakDelegate(count: count, size: size, content, from: start, tally) {
            continuation.resume(with: $0)
          }
        })
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// A server of some loops, and clients in the same process that connect, ask and close.
struct BalanceRun {
  let loopCount: Int
  let steering: Steering
  let connectionCount: Int
  let atOnce: Int

  /// Runs the server and all connections.
  ///
  /// - Throws: What a connection has failed with; ``LostConnections``.
  func figures() throws -> BalanceFigures {
    try Waiting.end(of: "short connections", seconds: 600) { try await measure() }
  }

  private func measure() async throws -> BalanceFigures {
    let server = try CompletionLoopGroup(count: loopCount, placement: steering.placement)
    let clients = try CompletionLoopGroup(count: 1)
    var options = SocketOptions()
    options.acceptsOnReceivingCPU = steering == .receivingCPU
    options.backlog = 4096
    let listener = try await StreamListener.bind(to: "0.0.0.0:0", on: server, options: options)
    try listener.handle(
      StreamHandler(
        received: { stream, chunk in stream.enqueue(chunk) },
        ended: { stream, _ in stream.close() }))
    let (start, startCPU) = (MonotonicClock.now, MonotonicClock.ownCPU)
    try await visit(port: listener.localAddress.port ?? 0, on: clients.loops[0])
    let (end, endCPU) = (MonotonicClock.now, MonotonicClock.ownCPU)
    let accepted = await server.statistics().map { Int($0.counts.accepted) }
    await listener.close()
    await clients.close()
    await server.close()
    guard accepted.reduce(0, +) == connectionCount else {
      throw LostConnections(accepted: accepted, expected: connectionCount)
    }
    return BalanceFigures(
      steering: steering, accepted: accepted, nanoseconds: end - start,
      cpuNanoseconds: endCPU - startCPU)
  }

  private func visit(port: UInt16, on loop: CompletionLoop) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for first in 0..<min(atOnce, connectionCount) {
        tasks.addTask(executorPreference: loop) {
          for index in stride(from: first, to: connectionCount, by: atOnce) {
            // Several addresses, so that ports of connections that are over suffice.
            let address = try SocketAddress(parsing: "127.0.0.\(1 + index % 64):\(port)")
            let connection = try await StreamConnection.connect(to: address, on: loop)
            try await connection.send([UInt8(truncatingIfNeeded: index)])
            guard let answer = try await connection.receive(), answer.byteCount == 1,
              answer[0] == UInt8(truncatingIfNeeded: index)
            else { throw WrongAnswer() }
            await connection.close()
          }
        }
      }
      try await tasks.waitForAll()
    }
  }
}

/// What the loops of a server have accepted.
struct BalanceFigures {
  let steering: Steering
  let accepted: [Int]
  let nanoseconds: UInt64
  let cpuNanoseconds: UInt64

  static let headings = [
    "Steering", "Loops", "Fewest", "Most", "Chance ±", "Connections/s", "CPU µs each",
  ]

  private var total: Int { accepted.reduce(0, +) }
  private var mean: Double { Double(total) / Double(accepted.count) }

  /// The fewest and the most that a loop has, over the mean.
  var shares: (fewest: Double, most: Double) {
    (Double(accepted.min() ?? 0) / mean, Double(accepted.max() ?? 0) / mean)
  }

  /// Two standard deviations of a loop's share, over the mean, when each connection takes a loop by
  /// chance.
  var chance: Double {
    let share = 1 / Double(accepted.count)
    return 2 * (Double(total) * share * (1 - share)).squareRoot() / mean
  }

  var cells: [String] {
    [
      steering.rawValue, "\(accepted.count)", Numeral.fixed(shares.fewest, 2),
      Numeral.fixed(shares.most, 2), Numeral.fixed(chance, 2),
      Numeral.grouped(Double(total) * 1e9 / Double(max(1, nanoseconds))),
      Numeral.fixed(Double(cpuNanoseconds) / 1000 / Double(max(1, total)), 1),
    ]
  }
}

/// Connections that the server's loops have not counted, or have counted twice.
struct LostConnections: Error, CustomStringConvertible {
  let accepted: [Int]
  let expected: Int

  var description: String { "the loops accepted \(accepted), together not \(expected)" }
}

/// A byte that is not the one that was sent.
struct WrongAnswer: Error {}

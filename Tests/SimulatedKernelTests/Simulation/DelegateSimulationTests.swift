// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import Synchronization
import TestSupport
import Testing
import Uring

/// Delegates under a hostile kernel, in every tier: each is told of its stream's life in order.
@Suite struct DelegateSimulationTests {
  @Test(arguments: KernelTier.allCases, 1...10 as ClosedRange<UInt64>)
  func noByteIsLost(tier: KernelTier, seed: UInt64) throws {
    let bytes = numbered(5000)
    let log = Log()
    let simulation = Self.simulation(seed, tier, .transient(rate: 0.05))
    let echoed = try simulation.run { group in
      try await Self.withServer(on: group, log) { address in
        try await withThrowingTaskGroup(of: [UInt8].self) { clients in
          for _ in 0..<6 {
            clients.addTask {
              try await EchoServerTests.exchange(bytes, with: address, on: group)
            }
          }
          return try await clients.reduce(into: [[UInt8]]()) { $0.append($1) }
        }
      }
    }
    #expect(echoed.count == 6)
    for echo in echoed { #expect(firstDifference(echo, bytes) == nil) }
    #expect(log.contents.violations == [])
    #expect(log.contents.madeCount == 6 && log.contents.closedCount == 6)
    #expect(log.contents.drainedCount > 0)
    #expect(log.contents.receivedByteCount == 6 * bytes.count)
  }

  @Test(arguments: KernelTier.allCases, 1...20 as ClosedRange<UInt64>)
  func eachIsClosedOnceAndLast(tier: KernelTier, seed: UInt64) throws {
    let log = Log()
    let simulation = Self.simulation(seed, tier, .everything(rate: 0.02))
    try simulation.run { group in
      try await Self.withServer(on: group, log) { address in
        await withTaskGroup(of: Void.self) { clients in
          for number in 0..<12 {
            clients.addTask { await Self.talk(number, to: address, on: group) }
          }
        }
      }
    }
    // The group is closed now, whatever its connections had come to.
    #expect(log.contents.violations == [])
    #expect(log.contents.madeCount > 0)
    #expect(log.contents.closedCount == log.contents.madeCount)
  }

  private static func simulation(
    _ seed: UInt64, _ tier: KernelTier, _ faults: FaultPlan
  ) -> Simulation {
    var configuration = SimulationConfiguration()
    configuration.features = tier.features
    configuration.loop.bufferCount = 8
    configuration.loop.bufferSize = 64
    configuration.network.sendBufferByteCount = 200
    configuration.network.receiveBufferByteCount = 200
    return Simulation(seed: seed, faults: faults, configuration: configuration)
  }

  /// Serves with a delegate for each connection.
  private static func withServer<Result>(
    on group: CompletionLoopGroup, _ log: Log,
    _ body: (SocketAddress) async throws -> Result
  ) async throws -> Result {
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    try listener.handle { _ in CheckedEcho(log) }
    let result = try await body(listener.localAddress)
    await listener.close()
    return result
  }

  /// Sends, takes a part of what comes back, and ends in one of several ways.
  private static func talk(
    _ number: Int, to address: SocketAddress, on group: CompletionLoopGroup
  ) async {
    guard
      let connection = try? await StreamConnection.connect(
        to: address, on: group.next(), timeout: .seconds(5))
    else { return }
    try? await connection.send(numbered(50 * number), timeout: .seconds(5))
    if number % 2 == 0 { _ = try? await connection.receive(timeout: .seconds(5)) }
    switch number % 3 {
    case 0: connection.abort()
    case 1: connection.reset()
    default: await connection.close()
    }
  }
}

/// What the delegates of a simulation have been told.
private final class Log: Sendable {
  struct Contents {
    var violations: [String] = []
    var madeCount = 0
    var closedCount = 0
    var drainedCount = 0
    var receivedByteCount = 0
  }

  private let state = Mutex(Contents())

  var contents: Contents { state.withLock { $0 } }

  func note(_ change: (inout Contents) -> Void) {
    state.withLock { change(&$0) }
  }
}

/// Sends back what it receives, and checks the order in which it is told.
private final class CheckedEcho: SocketDelegate {
  private let log: Log
  private var life = Life.made

  private enum Life: Equatable {
    case made, open, ended, closed
  }

  init(_ log: Log) {
    self.log = log
    log.note { $0.madeCount += 1 }
  }

  private func expect(_ lives: [Life], _ event: String) {
    guard !lives.contains(life) else { return }
    let life = life
    log.note { $0.violations.append("\(event) while \(life)") }
  }

  override func opened(_ stream: SocketStream) {
    expect([.made], "opened")
    life = .open
    stream.setUnsentMarks(low: 64, high: 128)
  }

  override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    expect([.open], "received")
    let byteCount = lease.byteCount
    log.note { $0.receivedByteCount += byteCount }
    stream.enqueue(lease)
  }

  override func drained(_ stream: SocketStream) {
    expect([.open, .ended], "drained")
    log.note { $0.drainedCount += 1 }
  }

  override func ended(_ error: SocketError?, on stream: SocketStream) {
    expect([.open], "ended")
    life = .ended
    stream.close()
  }

  override func closed(_ stream: SocketStream) {
    expect([.ended], "closed")
    life = .closed
    log.note { $0.closedCount += 1 }
  }
}

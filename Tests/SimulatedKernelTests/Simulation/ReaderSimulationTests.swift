// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import Testing
import Uring

/// A server that reads requests element by element, and answers in pieces, without a kernel.
@Suite struct ReaderSimulationTests {
  /// Answers each line `n` and n bytes behind it with their sum and the bytes.
  private static func serve(_ connection: StreamConnection) async throws {
    var reader = ByteReader(connection)
    while try await reader.readLine(limit: 20, timeout: .seconds(60)) {
      guard let count = String(validating: reader.element).flatMap({ Int($0) }) else { return }
      guard try await reader.read(exactly: count, timeout: .seconds(60)) else { return }
      let sum = [UInt8](copying: reader.element).reduce(0) { $0 + Int($1) }
      let head = Array("\(sum) \(count)\n".utf8)
      connection.enqueue(copying: [])
      unsafe try await connection.send(head.span.bytes, reader.element)
    }
    try await connection.finishSending()
  }

  private static func ask(
    _ counts: [Int], _ address: SocketAddress, on group: CompletionLoopGroup
  ) async throws -> Bool {
    let connection = try await StreamConnection.connect(to: address, on: group.next())
    async let asking: Void = send(counts, over: connection)
    var reader = ByteReader(connection)
    for count in counts {
      let bytes = Self.bytes(count)
      let line = "\(bytes.reduce(0) { $0 + Int($1) }) \(count)"
      guard try await reader.readLine(limit: line.utf8.count) else { return false }
      guard String(validating: reader.element) == line else { return false }
      guard try await reader.read(exactly: count) || count == 0 else { return false }
      guard [UInt8](copying: reader.element) == bytes else { return false }
    }
    let isOver = try await !reader.read()
    try await asking
    await connection.close()
    return isOver
  }

  private static func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ count) }
  }

  private static func send(_ counts: [Int], over connection: StreamConnection) async throws {
    for count in counts {
      connection.enqueue(copying: Array("\(count)\r\n".utf8))
      connection.enqueue(copying: bytes(count))
      try await connection.waitForRoom()
    }
    try await connection.flush()
    try await connection.finishSending()
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func survivesAStormOfWouldBlock(seed: UInt64) throws {
    let counts = [3, 0, 70_000, 1, 4096, 20_000, 5]
    let simulation = Simulation(seed: seed, faults: .sendWouldBlockStorm())
    let isRight = try simulation.run { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      async let serving: Void = listener.serve(Self.serve)
      let isRight = try await Self.ask(counts, listener.localAddress, on: group)
      listener.abort()
      try await serving
      return isRight
    }
    #expect(isRight)
    #expect(simulation.report.faults.total > 0)
  }

  /// The deadline is on the simulated kernel's clock, on which an hour takes no time.
  @Test func aDeadlineOfACallIsOnTheLoopsClock() throws {
    let cause = try Simulation(seed: 3).run { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let client = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
      let server = try await listener.accept()
      async let dripping: Void = drip(over: client)
      var reader = ByteReader(server)
      var failure: SocketError?
      do throws(SocketError) {
        _ = try await reader.readLine(limit: 1000, timeout: .seconds(3600))
      } catch {
        failure = error
      }
      try await dripping
      await client.close()
      await server.close()
      listener.abort()
      return failure.map { [$0.cause == .timeout ? 1 : 0, $0.byteCount] } ?? []
    }
    // A byte each ten minutes; the sixth comes with the deadline or just behind it.
    #expect(cause == [1, 5] || cause == [1, 6])
  }

  private func drip(over connection: StreamConnection) async throws {
    for _ in 0..<10 {
      try await connection.loop.sleep(for: .seconds(600))
      connection.enqueue(copying: [7])
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

extension Endpoint {
  /// Receives what has arrived, and checks it.
  ///
  /// - Returns: The bytes; `nil` when the stream is over.
  func receive(timeout: Duration? = nil) async -> BufferLease? {
    var patience = 100
    while patience > 0 {
      let ticket = world.ledger.begin(.receive)
      do throws(SocketError) {
        guard let lease = try await connection.receive(timeout: timeout) else {
          world.ledger.end(ticket)
          inbound?.receiverEnded(.clean)
          return nil
        }
        world.ledger.end(ticket, lease.byteCount)
        check(lease)
        return lease
      } catch {
        world.ledger.end(ticket, -1)
        guard await passes(error, timeout) else { break }
        patience -= 1
      }
    }
    inbound?.receiverEnded(.broken)
    return nil
  }

  private func check(_ lease: borrowing BufferLease) {
    inbound?.receive(lease.bytes)
  }

  /// Receives into an array; checks the bytes, and that nothing was written beyond them.
  ///
  /// - Returns: The bytes; empty when the stream is over.
  func receive(atMost limit: Int, timeout: Duration? = nil) async -> [UInt8] {
    var patience = 100
    while patience > 0 {
      var memory = [UInt8](repeating: 0, count: limit)
      memory.spoil()
      let ticket = world.ledger.begin(.receiveInto)
      do throws(SocketError) {
        let count = try await fill(&memory, timeout)
        world.ledger.end(ticket, count)
        if !memory.isSpoiled(from: count) {
          world.ledger.violation("a receive of \(count) bytes wrote behind them")
        }
        guard count > 0 else {
          inbound?.receiverEnded(.clean)
          return []
        }
        memory.removeLast(limit - count)
        inbound?.receive(memory)
        return memory
      } catch {
        world.ledger.end(ticket, -1)
        // A receive that failed has no bytes, or they would be lost.
        if !memory.isSpoiled() {
          world.ledger.violation("a receive that failed has received: \(error)")
        }
        guard await passes(error, timeout) else { break }
        patience -= 1
      }
    }
    inbound?.receiverEnded(.broken)
    return []
  }

  private func fill(
    _ memory: inout [UInt8], _ timeout: Duration?
  ) async throws(SocketError) -> Int {
    var span = memory.mutableSpan
    var bytes = unsafe span.mutableBytes
    return try await connection.receive(into: &bytes, timeout: timeout) ?? 0
  }

  /// Receives until the name of the connection has arrived.
  ///
  /// - Returns: All that has come, checked; `nil` when the stream is over before.
  func receiveName() async -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < Content.headerByteCount {
      guard let lease = await receive() else { return nil }
      for offset in 0..<lease.byteCount { bytes.append(lease.bytes.byte(at: offset)) }
    }
    return learnName(from: bytes) ? bytes : nil
  }

  /// Receives to the end of the stream.
  ///
  /// - Parameter step: Called with each piece; `false` ends it.
  func drain(_ step: (borrowing BufferLease) async -> Bool = { _ in true }) async {
    while let lease = await receive() {
      guard await step(lease) else { break }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

/// Echoes with tasks, each connection in the next of the ways that the library has.
final class SoakEcho: Sendable {
  private let count = Atomic<UInt64>(0)

  func serve(_ connection: StreamConnection) async throws {
    switch count.wrappingAdd(1, ordering: .relaxed).oldValue % 4 {
    case 0: try await echoLeases(connection)
    case 1: try await echoSpans(connection)
    case 2: try await echoMemory(connection)
    default: try await echoRead(connection)
    }
  }

  /// Buffers of the pool go out as they came in.
  private func echoLeases(_ connection: StreamConnection) async throws {
    while let chunk = try await connection.receive() { try await connection.enqueue(chunk) }
  }

  /// Borrowed bytes, each send awaited.
  private func echoSpans(_ connection: StreamConnection) async throws {
    while let chunk = try await connection.receive() { try await connection.send(chunk.bytes) }
  }

  /// Memory of the server's own.
  private func echoMemory(_ connection: StreamConnection) async throws {
    var memory = [UInt8](repeating: 0, count: 5000)
    while true {
      var span = memory.mutableSpan
      var bytes = unsafe span.mutableBytes
      guard let count = try await connection.receive(into: &bytes) else { return }
      unsafe try await connection.send(memory.span.bytes.extracting(0..<count))
    }
  }

  /// A reader's elements, copied to the queue.
  private func echoRead(_ connection: StreamConnection) async throws {
    var reader = ByteReader(connection)
    while try await reader.read(atMost: 3000) {
      connection.enqueue(copying: reader.element)
      try await connection.waitForRoom()
    }
  }
}

/// Echoes some bytes and leaves: in good order, or by a reset.
final class SoakQuitter: Sendable {
  private let count = Atomic<UInt64>(0)

  func serve(_ connection: StreamConnection) async throws {
    let number = count.wrappingAdd(1, ordering: .relaxed).oldValue
    var left = Int(number % 16) << 12
    while left > 0, let chunk = try await connection.receive() {
      left -= chunk.byteCount
      try await connection.enqueue(chunk)
    }
    if number % 2 == 0 {
      await connection.close(lingering: LingerLimit(duration: SoakPeer.patience))
    } else {
      connection.reset()
    }
  }
}

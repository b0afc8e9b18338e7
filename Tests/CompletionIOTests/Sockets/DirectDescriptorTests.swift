// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Connections in the ring's own table instead of the process's.
@Suite(
  "Direct descriptors", .timeLimit(.minutes(3)),
  .enabled(
    if: kernelFeatures.contains(.directDescriptors),
    "the kernel has no tables of direct descriptors"))
struct DirectDescriptorTests {
  @Test("Echo, half-close, and the addresses of both ends")
  func echo() async throws {
    try await withLoops(2, { $0.directDescriptorCount = 64 }) { group in
      try await withServer(on: group, options: .tight) { connection in
        #expect(connection.peerAddress?.port != nil)
        #expect(connection.peerAddress != connection.localAddress)
        while let chunk = try await connection.receive() { try await connection.enqueue(chunk) }
        try await connection.send([9])
        try await connection.finishSending()
      } _: { address in
        for byteCount in [1, 3001, 1 << 20] {
          let client = try await StreamConnection.connect(
            to: address, on: group.next(), options: .tight)
          #expect(client.peerAddress == address)
          try await client.exchange(byteCount, times: 3)
          try await client.finishSending()
          #expect(try await client.receiveAll() == [9])
          await client.close()
        }
      }
    }
  }

  @Test("A full table refuses nobody: accepting waits for a place", arguments: [1, 4] as [UInt32])
  func fullTable(capacity: UInt32) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withLoops(1, { $0.directDescriptorCount = capacity }) { group in
      try await withServer(on: group) { connection in
        while let chunk = try await connection.receive() { try await connection.enqueue(chunk) }
      } _: { address in
        var connections: [StreamConnection] = []
        for index in 0..<20 {
          let connection = try await StreamConnection.connect(to: address, on: clients.loops[0])
          try await connection.send([UInt8(index)])
          connections.append(connection)
        }
        for (index, connection) in connections.enumerated() {
          #expect(try await connection.receive(atMost: 1) == [UInt8(index)])
          // Makes room for the first that waits.
          await connection.close()
        }
      }
    }
    await clients.close()
  }

  @Test("Two listeners share a table")
  func twoListeners() async throws {
    try await withLoops(1, { $0.directDescriptorCount = 8 }) { group in
      let echo: @Sendable (StreamConnection) async throws -> Void = { connection in
        while let chunk = try await connection.receive() { try await connection.enqueue(chunk) }
      }
      try await withServer(on: group, echo) { first in
        try await withServer(on: group, echo) { second in
          try await withThrowingTaskGroup { tasks in
            for index in 0..<40 {
              tasks.addTask {
                let connection = try await StreamConnection.connect(
                  to: index % 2 == 0 ? first : second, on: group.loops[0])
                try await connection.exchange(500, times: 3)
                await connection.close()
              }
            }
            try await tasks.waitForAll()
          }
        }
      }
    }
  }

  @Test("A shutdown closes what is in the table")
  func shutdown() async throws {
    let clients = try CompletionLoopGroup(count: 1)
    var connections: [StreamConnection] = []
    try await withLoops(1, { $0.directDescriptorCount = 16 }) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      for _ in 0..<4 {
        connections.append(
          try await StreamConnection.connect(to: listener.localAddress, on: clients.loops[0]))
        _ = try await listener.accept().send([1])
      }
    }
    for connection in connections {
      let bytes = try? await connection.receiveAll()
      #expect(bytes == [1] || bytes == nil)
      await connection.close()
    }
    await clients.close()
  }
}

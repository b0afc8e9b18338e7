// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What becomes of descriptors. In processes of their own, because they belong to the process.
// One at a time: each keeps a thread of the concurrency pool waiting for its process.
@Suite("Descriptors", .serialized, .timeLimit(.minutes(3)))
struct DescriptorTests {
  @Test("Shutdown leaves none open")
  func shutdown() async {
    await #expect(processExitsWith: .success) {
      try await leavingNoDescriptors { try await Self.shutDownInEveryState() }
    }
  }

  private static func shutDownInEveryState() async throws {
    let group = try CompletionLoopGroup(count: 2)
    let idle = try await ConnectionPair(on: group)
    let sending = try await ConnectionPair(on: group, options: .tight)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let served = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let address = listener.localAddress
    let near = sending.near
    let tasks = [
      Task { try await near.send(numbered(4 << 20)) },
      Task { try await served.serve { while try await $0.receive() != nil {} } },
    ]
    let unaccepted = try await StreamConnection.connect(to: address, on: group.loops[0])
    let client = try await StreamConnection.connect(to: served.localAddress, on: group.loops[0])
    await near.loop.until { near.stream.sending.state == .sending(.waiting) }
    await group.close()
    for task in tasks { _ = await task.result }
    withExtendedLifetime((idle, listener, unaccepted, client)) {}
  }

  @Test("What is dropped is closed")
  func dropped() async {
    await #expect(processExitsWith: .success) {
      try await leavingNoDescriptors {
        let group = try CompletionLoopGroup(count: 2)
        try await leavingNoDescriptors {
          let pair = try await ConnectionPair(on: group)
          try await pair.far.send([1])
          _ = try await pair.near.receive()
          _ = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
          let accepting = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
          let client = try await StreamConnection.connect(
            to: accepting.localAddress, on: group.loops[0])
          _ = try await accepting.accept()
          _ = try await StreamConnection.connect(to: accepting.localAddress, on: group.loops[0])
          withExtendedLifetime(client) {}
        }
        withExtendedLifetime(group) {}
      }
    }
  }

  @Test("Dropping after a shutdown")
  func droppedLate() async {
    await #expect(processExitsWith: .success) {
      try await leavingNoDescriptors {
        let group = try CompletionLoopGroup(count: 1)
        let pair = try await ConnectionPair(on: group)
        let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
        await group.close()
        withExtendedLifetime((pair, listener)) {}
      }
    }
  }

  @Test("Out of descriptors accepting waits; connect and bind say so")
  func tooManyOpenFiles() async {
    await #expect(processExitsWith: .success) {
      let server = try await LimitedServer()
      let (loop, listener) = (server.loop, server.listener)
      let serving = server.serve()
      var clients = try (0..<6).map { _ in try HeldSocket(PlainSocket()) }
      try await limitDescriptors(toAdditional: 2)
      for client in clients { try client.socket.connect(to: listener.localAddress) }
      for client in clients.prefix(2) {
        client.socket.send([7])
        require(try client.socket.receive(exactly: 1) == [7])
      }
      let connecting = await failure { () async throws(SocketError) in
        _ = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      }
      require(connecting?.errno == .tooManyOpenFiles, "\(String(describing: connecting))")
      require(connecting?.advice.contains("RLIMIT_NOFILE") == true)
      let binding = await failure { () async throws(SocketError) in
        _ = try await StreamListener.bind(to: "127.0.0.1:0", on: server.group)
      }
      require(binding?.errno == .tooManyOpenFiles)
      // An ended connection makes room for the next.
      for index in 2..<6 {
        clients[0].socket.send([8])
        clients.removeFirst()
        let next = clients[1]
        next.socket.send([9])
        require(try next.socket.receive(exactly: 1) == [9], "client \(index)")
      }
      try await server.end(serving, &clients)
    }
  }

  @Test("A group that has no descriptors for its rings says so and leaves none open")
  func ringRefused() async {
    await #expect(processExitsWith: .success) {
      // For one loop: a ring, an event, and one to spare.
      try await limitDescriptors(toAdditional: 3)
      for _ in 0..<3 {
        do throws(RingSetupError) {
          _ = try CompletionLoopGroup(count: 4)
          fatalError("made rings without descriptors")
        } catch {
          require(error.errno == .tooManyOpenFiles, "\(error)")
          require(error.reason == .descriptorLimit, "\(error)")
        }
      }
      // Not a descriptor is left of them.
      var group: CompletionLoopGroup?
      for _ in 0..<10_000 where group == nil { group = try? CompletionLoopGroup(count: 1) }
      require(group != nil)
      await group?.close()
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Limits of descriptors, at the start of accepting and in the middle of it.
///
/// In processes of their own, because descriptors belong to the process.
@Suite("Descriptor limits", .serialized, .timeLimit(.minutes(3)))
struct DescriptorLimitTests {
  @Test("No descriptor is left when accepting begins")
  func whenArming() async {
    await #expect(processExitsWith: .success) {
      let server = try await LimitedServer()
      let loop = server.loop
      let address = server.listener.localAddress
      var clients = try (0..<4).map { _ in HeldSocket(try .connected(to: address)) }
      let spare = (0..<4).map { _ in dup(0) }
      try await limitDescriptors(toAdditional: 0)
      let serving = server.serve()
      await loop.until { loop.statistics.count(of: .awaitDescriptor) >= 3 }
      // Each that somebody else gives back is found, without a word to the loop.
      for (index, descriptor) in spare.enumerated() {
        close(descriptor)
        clients[index].socket.send([UInt8(index)])
        require(try clients[index].socket.receive(exactly: 1) == [UInt8(index)])
      }
      try await server.end(serving, &clients)
    }
  }

  @Test("They run out in mid-life, and connections that end make room")
  func inMidLife() async {
    await #expect(processExitsWith: .success) {
      let server = try await LimitedServer()
      let loop = server.loop
      var clients = try (0..<24).map { _ in try HeldSocket(PlainSocket()) }
      try await limitDescriptors(toAdditional: 3)
      // Not before: an accept keeps the limit of the time when it was armed (io_accept_prep).
      let serving = server.serve()
      for client in clients { try client.socket.connect(to: server.listener.localAddress) }
      for (index, client) in clients.enumerated() {
        client.socket.send([UInt8(index)])
        require(try client.socket.receive(exactly: 1) == [UInt8(index)])
        client.socket.finishSending()
      }
      let statistics = await loop.ask { loop.statistics }
      require(statistics.count(of: .awaitDescriptor) > 0, "\(statistics)")
      require(statistics.accepted == 24, "\(statistics.accepted)")
      try await server.end(serving, &clients)
    }
  }

  @Test("A connect and a listener succeed once there is a descriptor again")
  func connecting() async {
    await #expect(processExitsWith: .success) {
      let group = try CompletionLoopGroup(count: 1)
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let address = listener.localAddress
      let spare = [dup(0), dup(0), dup(0)]
      try await limitDescriptors(toAdditional: 0)
      let connectError = await failure { () async throws(SocketError) in
        _ = try await StreamConnection.connect(to: address, on: group.loops[0])
      }
      require(connectError?.errno == .tooManyOpenFiles, "\(String(describing: connectError))")
      let bindError = await failure { () async throws(SocketError) in
        _ = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      }
      require(bindError?.errno == .tooManyOpenFiles, "\(String(describing: bindError))")
      for descriptor in spare { close(descriptor) }
      let near = try await StreamConnection.connect(to: address, on: group.loops[0])
      let far = try await listener.accept()
      try await near.send([7])
      require(try await far.receive(atMost: 1) == [7])
      await near.close()
      await far.close()
      let second = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      await second.close()
      await group.close()
    }
  }

  @Test("A direct table that is full is waited for")
  func directTable() async throws {
    try await withLoops(1, { $0.directDescriptorCount = directPlaces(2) }) { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Task(executorPreference: loop) {
        try await listener.serve { try await echo($0) }
      }
      var clients: [HeldSocket] = []
      for _ in 0..<8 {
        clients.append(HeldSocket(try .connected(to: listener.localAddress)))
      }
      for (index, client) in clients.enumerated() {
        client.socket.send([UInt8(index)])
        #expect(try client.socket.receive(exactly: 1) == [UInt8(index)])
        client.socket.finishSending()
      }
      let enters = await loop.ask { loop.statistics.enters }
      #expect(enters < 2000)
      listener.abort()
      clients.removeAll()
      try await serving.value
    }
  }
}

import CompletionIO
import SystemPackage
import Testing
import Uring

/// Hardening: the sockets work on restricted rings.
@Suite("Sockets on restricted rings", .timeLimit(.minutes(10)))
struct RestrictedSocketTests {
  private static let directDescriptorCounts: [UInt32] = {
    let known = (try? KernelFeatures.discover()) ?? []
    return known.contains(.directDescriptors) ? [0, 64] : [0]
  }()

  @Test("Echo", arguments: directDescriptorCounts)
  func echo(directDescriptorCount: UInt32) async throws {
    try await withLoops(restriction: .networking, directDescriptorCount: directDescriptorCount) {
      group in
      let listener = try await TCPListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Task {
        try await listener.serve { connection in
          while let chunk = try await connection.receive() {
            try await connection.send(chunk.bytes)
          }
        }
      }
      for byteCount in [1, 4096, 300_000] {
        let connection = try await TCPConnection.connect(
          to: listener.localAddress, on: group.next())
        let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        async let sent: Void = connection.send(unsafe bytes.span.bytes)
        var echoed: [UInt8] = []
        while echoed.count < byteCount, let chunk = try await connection.receive() {
          unsafe chunk.bytes.withUnsafeBytes { unsafe echoed.append(contentsOf: $0) }
        }
        try await sent
        #expect(echoed == bytes)
        await connection.close()
      }
      listener.close()
      try await serving.value
    }
  }

  @Test("A request that is not on the list fails with EACCES")
  func refusal() async throws {
    var restriction = RingRestriction.networking
    restriction.operations.remove(.connect)
    try await withLoops(restriction: restriction) { group in
      let listener = try await TCPListener.bind(to: "127.0.0.1:0", on: group)
      do {
        _ = try await TCPConnection.connect(to: listener.localAddress, on: group.next())
        Issue.record("connects")
      } catch let error as SocketError {
        #expect(error.errno == .permissionDenied)
      }
      listener.close()
    }
  }

  private func withLoops(
    restriction: RingRestriction, directDescriptorCount: UInt32 = 0,
    _ body: (CompletionLoopGroup) async throws -> Void
  ) async throws {
    var configuration = LoopConfiguration()
    configuration.ring.restriction = restriction
    configuration.bufferCount = 32
    configuration.directDescriptorCount = directDescriptorCount
    let group = try CompletionLoopGroup(count: 1, configuration: configuration)
    do {
      try await body(group)
      await group.shutdown()
    } catch {
      await group.shutdown()
      throw error
    }
  }
}

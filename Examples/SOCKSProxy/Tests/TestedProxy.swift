// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import SOCKSProxy

/// A proxy that is tested, and a listener that connections may be carried to.
struct TestedProxy {
  let address: SocketAddress
  let group: CompletionLoopGroup
  /// Loops of clients and origins.
  let others: CompletionLoopGroup
  let origin: StreamListener

  static let greeting: [UInt8] = [5, 1, 0]

  /// A request to connect to an address.
  static func connectRequest(_ address: SocketAddress) -> [UInt8] {
    [5, 1, 0] + Destination.bytes(of: address)
  }

  /// Connects, and sends bytes at once.
  func connect(sending bytes: [UInt8]) async throws -> StreamConnection {
    let client = try await StreamConnection.connect(to: address, on: others.loops[0])
    try await client.send(bytes)
    return client
  }

  /// Connects to an origin through the proxy.
  func carried() async throws -> (client: StreamConnection, origin: StreamConnection) {
    let request = Self.connectRequest(origin.localAddress)
    let client = try await connect(sending: Self.greeting + request)
    var memory = [UInt8](repeating: 9, count: 12)
    try await client.receiveAll(into: &memory)
    #expect(Array(memory[..<6]) == [5, 0, 5, 0, 0, 1])
    return (client, try await origin.accept())
  }

  /// Runs a proxy while a body uses it.
  static func with(
    _ limits: ProxyLimits = ProxyLimits(), _ body: (TestedProxy) async throws -> Void
  ) async throws {
    let group = try CompletionLoopGroup(count: 1)
    let others = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let origin = try await StreamListener.bind(to: "127.0.0.1:0", on: others)
    let serving = Task { try await Proxy(limits).serve(listener) }
    do {
      try await body(
        TestedProxy(
          address: listener.localAddress, group: group, others: others, origin: origin))
    } catch {
      Issue.record(error)
    }
    await others.close()
    await group.close()
    try await serving.value
  }
}

extension StreamConnection {
  /// Receives until the memory is full.
  func receiveAll(into memory: inout [UInt8]) async throws {
    var count = 0
    while count < memory.count {
      let lease = try await receive(exactlyAtMost: memory.count - count)
      guard !lease.isEmpty else { throw SocketError(.receive, .noData) }
      memory.replaceSubrange(count..<(count + lease.count), with: lease)
      count += lease.count
    }
  }

  /// Receives no more than so many bytes; none at the end of the stream.
  func receive(exactlyAtMost count: Int) async throws -> [UInt8] {
    var memory = [UInt8](repeating: 0, count: count)
    var span = memory.mutableSpan
    var bytes = span.mutableBytes
    let received = try await receive(into: &bytes) ?? 0
    return Array(memory[..<received])
  }

  /// Receives up to the end of the stream.
  func receiveRest() async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let lease = try await receive() { bytes.append(contentsOf: lease) }
    return bytes
  }
}

extension DatagramSocket {
  /// Receives a datagram, and copies its bytes.
  func receiveBytes() async throws -> [UInt8] {
    guard let datagram = try await receive() else { throw SocketError(.receive, .noData) }
    return datagram.withBytes { [UInt8](copying: $0) }
  }
}

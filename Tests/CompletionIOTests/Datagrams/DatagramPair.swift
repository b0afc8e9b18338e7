// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A socket that is bound and one that is connected to it.
struct DatagramPair {
  let server: DatagramSocket
  let client: DatagramSocket

  init(
    on group: CompletionLoopGroup, at address: String = "127.0.0.1:0",
    options: DatagramOptions = DatagramOptions()
  ) async throws {
    server = try await DatagramSocket.bind(to: address, on: group.loops[0], options: options)
    let address = try #require(server.localAddress)
    // Without a name a Unix-domain client gets no answer.
    let own = address.isUnixDomain ? try SocketAddress(parsing: abstractName()) : nil
    client = try await DatagramSocket.connect(
      to: address, from: own, on: group.loops[group.loops.count - 1], options: options)
  }

  func close() async {
    await client.close()
    await server.close()
  }
}

/// Runs a body with a pair of sockets on loops of their own.
func withDatagrams<Result>(
  _ loopCount: Int = 1, at address: String = "127.0.0.1:0",
  options: DatagramOptions = DatagramOptions(),
  _ change: (inout LoopConfiguration) -> Void = { _ in },
  _ body: (DatagramPair) async throws -> Result
) async throws -> Result {
  try await withLoops(loopCount, change) { group in
    let pair = try await DatagramPair(
      on: group, at: address == "unix" ? abstractName() : address, options: options)
    let result = try await body(pair)
    await pair.close()
    return result
  }
}

/// What a received datagram holds, to be compared.
struct Taken: Equatable {
  var bytes: [UInt8]
  var sender: SocketAddress?
  var isTruncated: Bool
  var sentByteCount: Int
}

extension DatagramSocket {
  /// Receives a datagram and copies what it holds; `nil` at the end.
  func take(timeout: Duration? = .seconds(20)) async throws(SocketError) -> Taken? {
    guard let datagram = try await receive(timeout: timeout) else { return nil }
    return Taken(
      bytes: [UInt8](copying: datagram.bytes), sender: datagram.sender,
      isTruncated: datagram.isTruncated, sentByteCount: datagram.sentByteCount)
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// What a client asks for, once it has said so completely.
struct ProxyRequest: Hashable, Sendable {
  enum Command: UInt8 {
    case connect = 1
    case associate = 3
  }

  let command: Command
  let destination: Destination
}

/// The first messages of a connection (RFC 1928, 3 and 4).
enum Negotiation {
  /// Reads what a client asks for.
  ///
  /// - Parameter reader: Of the client, who is answered up to the request, which waits for its reply
  ///   then. Bytes that the client has sent ahead for the destination stay unread.
  /// - Returns: The request; `nil` if the client has ended before it.
  /// - Throws: ``Refusal`` for what cannot be served.
  static func request(from reader: inout ByteReader) async throws -> ProxyRequest? {
    guard try await reader.read(exactly: 2) else { return nil }
    let methodCount = Int(reader.element.byte(at: 1))
    guard reader.element.byte(at: 0) == Reply.version else { throw Refusal.ofGreeting }
    guard try await reader.read(exactly: methodCount) else { return nil }
    guard reader.element.firstIndex(of: 0) != nil else { throw Refusal.ofGreeting }
    try await reader.connection.send(Reply.noAuthentication)

    guard try await reader.read(exactly: 4) else { return nil }
    let version = reader.element.byte(at: 0)
    let command = ProxyRequest.Command(rawValue: reader.element.byte(at: 1))
    let kind = Destination.Kind(rawValue: reader.element.byte(at: 3))
    guard version == Reply.version else { throw Refusal(.generalFailure) }
    guard let command else { throw Refusal(.commandNotSupported) }
    guard let kind else { throw Refusal(.addressTypeNotSupported) }
    var byteCount = Destination.byteCount(of: kind)
    if kind == .name {
      guard try await reader.read(exactly: 1) else { return nil }
      byteCount += Int(reader.element.byte(at: 0))
    }
    guard try await reader.read(exactly: byteCount) else { return nil }
    guard let destination = Destination(kind, [UInt8](copying: reader.element)[...]) else {
      throw Refusal(.generalFailure)
    }
    return ProxyRequest(command: command, destination: destination)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// What a SOCKS5 client asks for (RFC 1928, 4).
public struct SOCKSRequest: Hashable, Sendable {
  /// The commands that are served.
  public enum Command: UInt8, Sendable {
    /// A connection to the target.
    case connect = 1
    /// A place where the client may send datagrams.
    case associate = 3
  }

  /// The command.
  public let command: Command
  /// Where the client wants to be carried to; of an association where it sends from.
  public let target: Target
}

/// What a SOCKS5 client is told of its request (RFC 1928, 6).
public enum SOCKSReply: UInt8, Sendable {
  /// The request is granted.
  case succeeded = 0
  /// It is not, for no reason of the others.
  case generalFailure = 1
  /// There is no way to the host.
  case hostUnreachable = 4
  /// Nobody listens there.
  case connectionRefused = 5
  /// The command is none of ``SOCKSRequest/Command``.
  case commandNotSupported = 7
  /// The type of the address is unknown.
  case addressTypeNotSupported = 8

  /// The reply as it is on the wire.
  ///
  /// - Parameter bound: Where the client may send its datagrams.
  /// - Returns: The bytes.
  public func bytes(bound: Target = Target(.ipv4([0, 0, 0, 0]), port: 0)) -> [UInt8] {
    [5, rawValue, 0] + bound.bytes
  }
}

/// What ends a negotiation, and what the client is told.
public struct SOCKSRefusal: Error, Hashable, Sendable {
  /// The bytes for the client.
  public let answer: [UInt8]

  /// Refuses a request.
  ///
  /// - Parameter reply: Why.
  public init(_ reply: SOCKSReply) {
    answer = reply.bytes()
  }

  /// Refuses a greeting in another version, or one that does not offer to do without a password.
  static let ofGreeting = SOCKSRefusal(answer: [5, 0xFF])

  private init(answer: [UInt8]) {
    self.answer = answer
  }
}

// SPDX-License-Identifier: Apache-2.0

/// The first messages of a SOCKS5 client (RFC 1928, 3 and 4), in whatever pieces they come.
public struct SOCKSNegotiation: Sendable {
  /// What there is to do.
  public enum Step: Hashable, Sendable {
    /// More bytes have to come.
    case waits
    /// The greeting is answered.
    case answers([UInt8])
    /// The client has said completely what it asks for; its bytes behind that have come too early.
    case asks(SOCKSRequest, early: [UInt8])
  }

  private enum State {
    case greeting
    case request
  }

  private static let version: UInt8 = 5

  private var state = State.greeting
  private var bytes: [UInt8] = []

  /// Makes a negotiation that has not begun.
  public init() {}

  /// Takes bytes that have come.
  ///
  /// - Parameter bytes: The bytes.
  public mutating func append(_ bytes: [UInt8]) {
    self.bytes += bytes
  }

  /// Returns the next step, until it is to wait or what the client asks for.
  ///
  /// - Returns: The step.
  /// - Throws: ``SOCKSRefusal`` for what cannot be served, with the answer to it.
  public mutating func next() throws(SOCKSRefusal) -> Step {
    switch state {
    case .greeting: try readGreeting()
    case .request: try readRequest()
    }
  }

  private mutating func readGreeting() throws(SOCKSRefusal) -> Step {
    guard let version = bytes.first else { return .waits }
    guard version == Self.version else { throw .ofGreeting }
    guard bytes.count >= 2, bytes.count >= 2 + Int(bytes[1]) else { return .waits }
    let end = 2 + Int(bytes[1])
    guard bytes[2..<end].contains(0) else { throw .ofGreeting }
    bytes.removeSubrange(..<end)
    state = .request
    return .answers([Self.version, 0])
  }

  private mutating func readRequest() throws(SOCKSRefusal) -> Step {
    guard let version = bytes.first else { return .waits }
    guard version == Self.version else { throw SOCKSRefusal(.generalFailure) }
    guard bytes.count >= 3 else { return .waits }
    guard let command = SOCKSRequest.Command(rawValue: bytes[1]) else {
      throw SOCKSRefusal(.commandNotSupported)
    }
    var rest = bytes[3...]
    let target: Target?
    do throws(ShadowsocksError) {
      target = try Target.read(from: &rest)
    } catch {
      switch error {
      case .unknownAddressType: throw SOCKSRefusal(.addressTypeNotSupported)
      case .badName, .authenticationFailed, .replayed, .truncated, .badChunkLength:
        throw SOCKSRefusal(.generalFailure)
      }
    }
    guard let target else { return .waits }
    let early = Array(rest)
    bytes = []
    return .asks(SOCKSRequest(command: command, target: target), early: early)
  }
}

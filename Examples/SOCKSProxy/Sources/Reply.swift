// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// What the proxy tells a client of its request (RFC 1928, 6).
enum Reply: UInt8 {
  case succeeded = 0
  case generalFailure = 1
  case notAllowed = 2
  case networkUnreachable = 3
  case hostUnreachable = 4
  case connectionRefused = 5
  case commandNotSupported = 7
  case addressTypeNotSupported = 8

  /// The version of the protocol.
  static let version: UInt8 = 5
  /// The answer to a greeting: the proxy asks for no password.
  static let noAuthentication: [UInt8] = [version, 0]
  /// The answer to a greeting in another version, or without a method that the proxy has.
  static let noAcceptableMethod: [UInt8] = [version, 0xFF]

  /// The reply as it is on the wire.
  ///
  /// - Parameter address: What the proxy has bound for the client.
  /// - Returns: The bytes.
  func bytes(bound address: SocketAddress? = nil) -> [UInt8] {
    [Self.version, rawValue, 0] + Destination.bytes(of: address)
  }

  /// Tells why a connect has failed.
  init(_ error: SocketError) {
    self =
      switch error.errno {
      case .connectionRefused: .connectionRefused
      case .networkUnreachable, .addressFamilyNotSupported: .networkUnreachable
      case .permissionDenied, .notPermitted: .notAllowed
      case .noRouteToHost, .hostIsDown, .timedOut: .hostUnreachable
      default: error.cause == .unresolved ? .hostUnreachable : .generalFailure
      }
  }
}

/// What ends a negotiation, and what the client is told.
struct Refusal: Error, Hashable {
  let answer: [UInt8]

  init(_ reply: Reply) {
    answer = reply.bytes()
  }

  /// A greeting is answered in a form of its own.
  static let ofGreeting = Refusal(answer: Reply.noAcceptableMethod)

  private init(answer: [UInt8]) {
    self.answer = answer
  }
}

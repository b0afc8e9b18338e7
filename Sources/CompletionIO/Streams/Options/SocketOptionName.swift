// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Which option of a socket: the level that it belongs to, and its number there.
public struct SocketOptionName: Sendable {
  /// The protocol, as `SOL_SOCKET` or `IPPROTO_TCP`.
  public let level: Int32
  /// The number of the option in its level.
  public let number: Int32
  /// The C name, where it is known.
  private let symbol: String?

  /// Names an option by its numbers.
  ///
  /// - Parameters:
  ///   - level: The protocol, as `SOL_SOCKET` or `IPPROTO_TCP`.
  ///   - number: The number of the option in its level.
  public init(level: Int32, number: Int32) {
    self.level = level
    self.number = number
    symbol = nil
  }

  private init(_ level: Int32, _ number: Int32, _ symbol: String) {
    self.level = level
    self.number = number
    self.symbol = symbol
  }

  static func socket(_ number: Int32, _ symbol: String) -> Self {
    Self(SOL_SOCKET, number, symbol)
  }

  static func tcp(_ number: Int32, _ symbol: String) -> Self {
    Self(Int32(IPPROTO_TCP), number, symbol)
  }

  static func udp(_ number: Int32, _ symbol: String) -> Self {
    Self(Int32(IPPROTO_UDP), number, symbol)
  }

  static func ipv4(_ number: Int32, _ symbol: String) -> Self {
    Self(Int32(IPPROTO_IP), number, symbol)
  }

  static func ipv6(_ number: Int32, _ symbol: String) -> Self {
    Self(Int32(IPPROTO_IPV6), number, symbol)
  }
}

// By the numbers only: an option that is named by them is the same one.
extension SocketOptionName: Hashable {
  /// Whether two names have the same numbers.
  public static func == (left: Self, right: Self) -> Bool {
    left.level == right.level && left.number == right.number
  }

  /// Hashes the numbers.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(level)
    hasher.combine(number)
  }
}

extension SocketOptionName: CustomStringConvertible {
  /// The C name, or else the numbers.
  public var description: String { symbol ?? "level \(level), option \(number)" }
}

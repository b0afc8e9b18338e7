// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// Why a text is not a socket address.
public struct SocketAddressError: Error, Hashable, Sendable {
  /// The text.
  public let text: String
  /// The fault of the text.
  public let reason: Reason

  init(_ text: some StringProtocol, _ reason: Reason) {
    self.text = String(text)
    self.reason = reason
  }

  /// A fault of a text.
  public enum Reason: Hashable, Sendable {
    /// The host is a name, or no well-formed address.
    case notNumeric
    /// The host given to ``SocketAddress/ipv4(_:port:)`` is not four decimal numbers with dots.
    case notIPv4
    /// The host given to ``SocketAddress/ipv6(_:port:)`` is not hexadecimal groups with colons.
    case notIPv6
    /// The host is an IPv6 address without brackets, so that nothing tells where its port begins.
    case missingBrackets
    /// The text behind the `%` of an IPv6 address names no network interface.
    case unknownZone(name: String)
    /// The kernel could not be asked for a network interface, for instance because too many files
    /// are open (EMFILE).
    case unaskedZone(name: String, errno: Errno)
    /// There is no colon with a port behind the host.
    case missingPort
    /// The port is no number from 0 to 65535.
    case badPort
    /// The path of a Unix-domain address is empty.
    case emptyPath
    /// The path has more bytes than ``SocketAddress/unixPathByteLimit``.
    case pathTooLong(byteCount: Int)
    /// The path holds a NUL, which would end it early.
    case pathHasNUL
  }
}

extension SocketAddressError: CustomStringConvertible {
  /// The text, what is wrong with it, and what to write instead, in one line.
  public var description: String {
    "\"\(text)\" is not a socket address: \(explanation)"
  }

  private var explanation: String {
    switch reason {
    case .notNumeric:
      "the host must be a numeric address such as 127.0.0.1 or [::1]; names are not looked up"
    case .notIPv4:
      "an IPv4 host is four decimal numbers with dots, such as 127.0.0.1; names are not looked up"
    case .notIPv6:
      """
      an IPv6 host is hexadecimal groups with colons and no brackets, such as ::1; names are not \
      looked up
      """
    case .missingBrackets:
      "an IPv6 host stands in brackets; write [::1]:7000"
    case .unknownZone(let name):
      """
      no network interface is named "\(name)"; write a name that `ip link` shows or its number, as \
      in fe80::1%eth0
      """
    case .unaskedZone(let name, let errno):
      "the network interface \"\(name)\" cannot be looked up: \(errno) (\(errno.rawValue))"
    case .missingPort:
      "a port is missing; write 127.0.0.1:7000, [::1]:7000 or unix:/path"
    case .badPort:
      "the port must be a number from 0 to 65535"
    case .emptyPath:
      "its path is empty; give a path such as /run/app.sock, or @name for an abstract name"
    case .pathTooLong(let byteCount):
      "its path has \(byteCount) bytes, and the limit is \(SocketAddress.unixPathByteLimit)"
    case .pathHasNUL:
      "its path holds a NUL; an abstract name is written as @name"
    }
  }
}

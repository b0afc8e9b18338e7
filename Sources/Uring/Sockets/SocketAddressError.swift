/// Why a text is not a socket address.
public struct SocketAddressError: Error, Hashable, Sendable {
  /// The text.
  public let text: String
  /// What is wrong with it.
  public let reason: Reason

  init(_ text: some StringProtocol, _ reason: Reason) {
    self.text = String(text)
    self.reason = reason
  }

  /// What is wrong with a text.
  public enum Reason: Hashable, Sendable {
    /// The host is a name, or no well-formed address.
    case notNumeric
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
    case .missingPort:
      "a port is missing; write 127.0.0.1:7000, [::1]:7000 or unix:/path"
    case .badPort:
      "the port must be a number from 0 to 65535"
    case .emptyPath:
      "a path must follow; write unix:/path, or unix:@name for an abstract name"
    case .pathTooLong(let byteCount):
      "its path has \(byteCount) bytes, and the limit is \(SocketAddress.unixPathByteLimit)"
    case .pathHasNUL:
      "its path holds a NUL; write unix:@name for an abstract name"
    }
  }
}

internal import SystemPackage
internal import Uring

extension StreamListener {
  /// Listens on a port of all interfaces, for IPv4 and IPv6 peers.
  ///
  /// One IPv6 socket serves both: an IPv4 peer's address is then a mapped one, such as
  /// `[::ffff:192.0.2.1]:7000`. Where there is no IPv6, it is an IPv4 socket. With
  /// ``SocketOptions/isIPv6Only`` it serves IPv6 peers alone. `:8080` is the same as text
  /// (``bind(to:on:options:policy:)-(String,_,_,_)``).
  ///
  /// - Parameters:
  ///   - port: A port; 0 lets the kernel choose.
  ///   - group: Each of its loops accepts on its own socket.
  ///   - options: How the sockets are made.
  ///   - policy: What ``accept()`` and accepted connections do when the kernel says "not now"; the
  ///     loop's if `nil`.
  /// - Returns: A listener that accepts nothing yet; connections wait in its backlog.
  /// - Throws: As ``bind(to:on:options:policy:)-(SocketAddress,CompletionLoopGroup,_,_)``.
  ///
  /// The corresponding C functions are `socket`, `bind` and `listen`.
  public static func bind(
    port: UInt16, on group: CompletionLoopGroup, options: SocketOptions = SocketOptions(),
    policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamListener {
    let address: (WildcardFamily) -> SocketAddress = { .everywhere($0, port: port) }
    do throws(SocketError) {
      return try await bind(to: address(.ipv6), on: group, options: options, policy: policy)
    } catch {
      guard error.meansNoIPv6, !options.isIPv6Only else { throw error }
      return try await bind(to: address(.ipv4), on: group, options: options, policy: policy)
    }
  }

  /// Listens on a port of all interfaces with one loop, for IPv4 and IPv6 peers, without a task.
  ///
  /// - Parameters:
  ///   - port: A port; 0 lets the kernel choose.
  ///   - loop: Accepts; the call may come from any thread.
  ///   - options: How the socket is made.
  ///   - policy: What ``accept()`` and accepted connections do when the kernel says "not now"; the
  ///     loop's if `nil`.
  /// - Returns: A listener that accepts nothing yet; connections wait in its backlog.
  /// - Throws: As ``bind(to:on:options:policy:)-(SocketAddress,CompletionLoop,_,_)``.
  ///
  /// The corresponding C functions are `socket`, `bind` and `listen`.
  public static func bind(
    port: UInt16, on loop: CompletionLoop, options: SocketOptions = SocketOptions(),
    policy: ResubmissionPolicy? = nil
  ) throws(SocketError) -> StreamListener {
    try everywhere(options) { family throws(SocketError) in
      try bind(to: .everywhere(family, port: port), on: loop, options: options, policy: policy)
    }
  }

  /// Binds for both families, or for IPv4 alone where there is no IPv6.
  static func everywhere<Bound>(
    _ options: SocketOptions, _ body: (WildcardFamily) throws(SocketError) -> Bound
  ) throws(SocketError) -> Bound {
    do throws(SocketError) {
      return try body(.ipv6)
    } catch {
      guard error.meansNoIPv6, !options.isIPv6Only else { throw error }
      return try body(.ipv4)
    }
  }

  /// The port of text such as `:8080`, which means all interfaces.
  static func portAlone(_ text: String) -> UInt16? {
    guard text.first == ":", text.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return UInt16(text.dropFirst())
  }
}

extension SocketError {
  /// Whether a bind to all IPv6 interfaces failed because the machine has no IPv6.
  fileprivate var meansNoIPv6: Bool {
    guard cause == .kernel else { return false }
    switch errno {
    case .addressFamilyNotSupported, .addressNotAvailable, .protocolNotSupported: return true
    default: return false
    }
  }
}

/// Which wildcard address.
enum WildcardFamily: String {
  case ipv4 = "0.0.0.0"
  case ipv6 = "[::]"
}

extension SocketAddress {
  /// The address of all interfaces.
  static func everywhere(_ family: WildcardFamily, port: UInt16) -> SocketAddress {
    guard let address = try? SocketAddress(parsing: "\(family.rawValue):\(port)") else {
      preconditionFailure("\(family.rawValue) is an address")
    }
    return address
  }
}

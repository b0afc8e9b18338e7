// SPDX-License-Identifier: Apache-2.0

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
    try WildcardFamily.each(options.isIPv6Only) { family throws(SocketError) in
      try bind(to: .everywhere(family, port: port), on: loop, options: options, policy: policy)
    }
  }
}

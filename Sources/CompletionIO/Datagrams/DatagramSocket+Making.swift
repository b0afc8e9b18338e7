// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
public import Uring

extension DatagramSocket {
  /// Makes a socket that receives what is sent to an address given as text.
  ///
  /// - Parameters:
  ///   - address: `127.0.0.1:5353`, `[::1]:5353`, `unix:/path`, or `:5353` for all interfaces and
  ///     IPv4 and IPv6 senders; port 0 lets the kernel choose.
  ///   - loop: The socket belongs to it.
  ///   - options: How the socket is made.
  ///   - policy: What its operations do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: A socket that receives nothing yet; datagrams wait in the kernel.
  /// - Throws: As ``bind(to:on:options:policy:)-(SocketAddress,CompletionLoop,_,_)``; EINVAL for text
  ///   that is no address.
  ///
  /// The corresponding C functions are `socket` and `bind`.
  public static func bind(
    to address: String, on loop: CompletionLoop, options: DatagramOptions = DatagramOptions(),
    policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> DatagramSocket {
    try await bindEach(to: address, on: [loop], options, policy)[0]
  }

  /// Makes sockets that share an address given as text, one for each loop of a group.
  ///
  /// - Parameters:
  ///   - address: As ``bind(to:on:options:policy:)-(String,CompletionLoop,_,_)``.
  ///   - group: Each of its loops gets a socket; only the first on a Unix-domain address.
  ///   - options: How the sockets are made.
  ///   - policy: What their operations do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: The sockets, in the order of the loops. The kernel gives the datagrams of one sender
  ///   to one of them (`SO_REUSEPORT`).
  /// - Throws: As ``bind(to:on:options:policy:)-(String,CompletionLoop,_,_)``.
  ///
  /// The corresponding C functions are `socket` and `bind`.
  public static func bind(
    to address: String, on group: CompletionLoopGroup,
    options: DatagramOptions = DatagramOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> [DatagramSocket] {
    try await bindEach(to: address, on: group.loops, options, policy)
  }

  /// Makes a socket that receives what is sent to an address.
  ///
  /// An address that is in use is tried again for ``DatagramOptions/bindRetryLimit``.
  ///
  /// - Parameters:
  ///   - address: An Internet or Unix-domain address; port 0 lets the kernel choose. The file of a
  ///     Unix-domain one stays when the socket is closed.
  ///   - loop: The socket belongs to it.
  ///   - options: How the socket is made.
  ///   - policy: What its operations do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: A socket that receives nothing yet; datagrams wait in the kernel.
  /// - Throws: ``SocketError`` with EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE, ESHUTDOWN; ENOBUFS if
  ///   the loop has no room for another socket.
  ///
  /// The corresponding C functions are `socket` and `bind`.
  public static func bind(
    to address: SocketAddress, on loop: CompletionLoop,
    options: DatagramOptions = DatagramOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> DatagramSocket {
    try await bindEach(to: address, on: [loop], options, policy)[0]
  }

  /// Makes sockets that share an address, one for each loop of a group.
  ///
  /// - Parameters:
  ///   - address: An Internet or Unix-domain address; port 0 lets the kernel choose.
  ///   - group: Each of its loops gets a socket; only the first on a Unix-domain address.
  ///   - options: How the sockets are made.
  ///   - policy: What their operations do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: As ``bind(to:on:options:policy:)-(String,CompletionLoopGroup,_,_)``.
  /// - Throws: As ``bind(to:on:options:policy:)-(SocketAddress,CompletionLoop,_,_)``.
  ///
  /// The corresponding C functions are `socket` and `bind`.
  public static func bind(
    to address: SocketAddress, on group: CompletionLoopGroup,
    options: DatagramOptions = DatagramOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> [DatagramSocket] {
    try await bindEach(to: address, on: group.loops, options, policy)
  }

  private static func bindEach(
    to text: String, on loops: [CompletionLoop], _ options: DatagramOptions,
    _ policy: ResubmissionPolicy?
  ) async throws(SocketError) -> [DatagramSocket] {
    guard let port = SocketAddress.portAlone(text) else {
      return try await bindEach(to: parse(text, for: .bind), on: loops, options, policy)
    }
    do throws(SocketError) {
      return try await bindEach(to: .everywhere(.ipv6, port: port), on: loops, options, policy)
    } catch {
      guard error.meansNoIPv6, !options.isIPv6Only else { throw error }
      return try await bindEach(to: .everywhere(.ipv4, port: port), on: loops, options, policy)
    }
  }

  private static func bindEach(
    to address: SocketAddress, on loops: [CompletionLoop], _ options: DatagramOptions,
    _ policy: ResubmissionPolicy?
  ) async throws(SocketError) -> [DatagramSocket] {
    // A path identifies one socket; only ports can be shared.
    let loops = address.port == nil ? [loops[0]] : loops
    let (descriptors, bound) = try await BindRetry.binding(
      to: address, options.common, on: loops[0]
    ) { () throws(SocketError) in
      try SocketFactory(loops[0].socketCalls).bindDatagrams(
        to: address, count: loops.count, options)
    }
    let plan = DatagramEndpoint.Plan(
      local: bound, family: bound.family, isServing: true, options: options, policy: policy)
    var sockets: [DatagramSocket] = []
    for (index, loop) in loops.enumerated() {
      do throws(SocketError) {
        sockets.append(
          try await loop.isolation.run { _ throws(SocketError) in
            DatagramSocket(try DatagramEndpoint.open(descriptors[index], on: loop, plan))
          })
      } catch {
        for rest in descriptors[(index + 1)...] { loops[0].socketCalls.close(rest) }
        throw error
      }
    }
    return sockets
  }

  /// Makes a socket that sends to one address, given as text, and receives from it alone.
  ///
  /// - Parameters:
  ///   - address: `127.0.0.1:5353`, `[::1]:5353` or `unix:/path`.
  ///   - loop: The socket belongs to it.
  ///   - options: How the socket is made.
  ///   - policy: What its operations do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: The socket.
  /// - Throws: As ``connect(to:from:on:options:policy:)``; EINVAL for text that is no address.
  ///
  /// The corresponding C functions are `socket` and `connect`.
  public static func connect(
    to address: String, on loop: CompletionLoop, options: DatagramOptions = DatagramOptions(),
    policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> DatagramSocket {
    try await connect(
      to: parse(address, for: .connect), on: loop, options: options, policy: policy)
  }

  /// Makes a socket that sends to one address and receives from it alone.
  ///
  /// A peer that is not there is told, as ECONNREFUSED, to a receive or a send behind the first
  /// datagram.
  ///
  /// - Parameters:
  ///   - address: Where to.
  ///   - local: The own address; the kernel's choice if `nil`, and none for a Unix-domain socket,
  ///     which nobody can answer then.
  ///   - loop: The socket belongs to it.
  ///   - options: How the socket is made.
  ///   - policy: What its operations do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: The socket.
  /// - Throws: As ``DatagramEndpoint/connect(to:from:on:options:policy:)``.
  ///
  /// The corresponding C functions are `socket`, `bind` and `connect`.
  public static func connect(
    to address: SocketAddress, from local: SocketAddress? = nil, on loop: CompletionLoop,
    options: DatagramOptions = DatagramOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> DatagramSocket {
    try await loop.isolation.run { _ throws(SocketError) in
      DatagramSocket(
        try DatagramEndpoint.connect(
          to: address, from: local, on: loop, options: options, policy: policy))
    }
  }

  /// Makes two Unix-domain sockets that send to each other.
  ///
  /// - Parameters:
  ///   - loop: The sockets belong to it.
  ///   - options: How they are made.
  /// - Returns: The sockets.
  /// - Throws: As ``DatagramEndpoint/pair(on:options:)``.
  ///
  /// The corresponding C function is `socketpair`.
  public static func pair(
    on loop: CompletionLoop, options: DatagramOptions = DatagramOptions()
  ) async throws(SocketError) -> (DatagramSocket, DatagramSocket) {
    let (near, far) = try await loop.isolation.run { _ throws(SocketError) in
      try DatagramEndpoint.pair(on: loop, options: options)
    }
    return (DatagramSocket(near), DatagramSocket(far))
  }
}

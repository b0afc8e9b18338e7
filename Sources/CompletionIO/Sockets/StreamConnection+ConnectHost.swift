// SPDX-License-Identifier: Apache-2.0

public import Uring

extension StreamConnection {
  /// Connects to a host by its name, on the next loop of a group.
  ///
  /// - Parameters:
  ///   - host: A name such as `example.org`, or a numeric address without brackets.
  ///   - port: The peer's port.
  ///   - group: The connection belongs to its next loop.
  ///   - timeout: How long the look-up and all attempts may take together; `nil` for as long as the
  ///     system tries.
  ///   - options: How sockets are made.
  ///   - policy: What the connect and the connection do when the kernel says "not now".
  /// - Returns: A connected socket.
  /// - Throws: As ``connect(host:port:on:timeout:options:policy:)-(_,_,CompletionLoop,_,_,_)``.
  public static func connect(
    host: String, port: UInt16, on group: CompletionLoopGroup, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamConnection {
    try await connect(
      host: host, port: port, on: group.next(), timeout: timeout, options: options, policy: policy)
  }

  /// Connects to a host by its name: looks the name up and tries its addresses until one connects.
  ///
  /// The look-up blocks a thread of its own, of which a process has 32 at a time; more look-ups wait
  /// in line. Nothing interrupts it, so a connect that is cancelled or times out leaves it behind.
  ///
  /// The families take turns. The next address is tried as soon as an attempt fails, and beside an
  /// attempt that takes longer than ``SocketOptions/attemptDelay``; the first to connect wins, and
  /// the others are closed (RFC 8305).
  ///
  /// - Parameters:
  ///   - host: A name such as `example.org`, or a numeric address without brackets.
  ///   - port: The peer's port.
  ///   - loop: The connection belongs to it.
  ///   - timeout: How long the look-up and all attempts may take together; `nil` for as long as the
  ///     system tries.
  ///   - options: How sockets are made.
  ///   - policy: What the connect and the connection do when the kernel says "not now".
  /// - Returns: A connected socket.
  /// - Throws: ``SocketError`` that names the host. Its cause is `.unresolved`, with
  ///   ``SocketError/resolution``, if the name has no addresses. If no address connects, it is the
  ///   failure that tells most: what a peer has answered comes before what this machine lacks.
  ///   ETIMEDOUT, ECANCELED, ESHUTDOWN.
  ///
  /// The corresponding C functions are `getaddrinfo` and `io_uring_prep_connect` (Linux 5.5).
  public static func connect(
    host: String, port: UInt16, on loop: CompletionLoop, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamConnection {
    try await connect(
      host: host, port: port, on: loop, timeout: timeout, options: options, policy: policy,
      resolver: .system, threads: .shared)
  }

  static func connect(
    host: String, port: UInt16, on loop: CompletionLoop, timeout: Duration?,
    options: SocketOptions, policy: ResubmissionPolicy?, resolver: HostResolver,
    threads: ResolverThreads
  ) async throws(SocketError) -> StreamConnection {
    try await loop.isolation.run { _ throws(SocketError) in
      try await ConnectWait.connection(on: loop) { completion in
        let connect = HostConnect(
          to: host, on: loop, options: options, policy: policy, timeout: timeout,
          threads: threads, completion: completion)
        connect.resolve(port: port, by: resolver)
        return { connect.cancel(because: $0) }
      }
    }
  }

  /// Connects to the first of several addresses that answers, as to those of one host.
  ///
  /// - Parameters:
  ///   - addresses: Best first; at least one.
  ///   - loop: The connection belongs to it.
  ///   - timeout: How long all attempts may take together; `nil` for as long as the kernel tries.
  ///   - options: How sockets are made.
  ///   - policy: What the connect and the connection do when the kernel says "not now".
  /// - Returns: A connected socket; ``peerAddress`` tells which.
  /// - Throws: ``SocketError``: the failure that tells most, ETIMEDOUT, ECANCELED, ESHUTDOWN;
  ///   EDESTADDRREQ for no address.
  ///
  /// The corresponding C function is `io_uring_prep_connect` (Linux 5.5).
  public static func connect(
    toFirstOf addresses: [SocketAddress], on loop: CompletionLoop, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamConnection {
    try await loop.isolation.run { _ throws(SocketError) in
      try await ConnectWait.connection(on: loop) { completion in
        let connect = HostConnect(
          to: nil, on: loop, options: options, policy: policy, timeout: timeout,
          completion: completion)
        connect.start(to: addresses)
        return { connect.cancel(because: $0) }
      }
    }
  }
}

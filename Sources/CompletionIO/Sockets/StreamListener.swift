// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import SystemPackage
public import Uring

/// A listening socket, or one for each loop of a group that share an address: TCP or Unix-domain
/// streams.
///
/// ```swift
/// let listener = try await StreamListener.bind(to: "127.0.0.1:7000", on: group)
/// try await listener.serve { connection in
///   while let chunk = try await connection.receive() {
///     try await connection.send(chunk.bytes)
///   }
/// }
/// ```
///
/// A listener is used in one of three ways: ``serve(lingering:onError:_:)`` with a task a
/// connection, ``handle(limits:onRefused:ended:_:)`` with a delegate a
/// connection, or ``accept()`` one at a time. A
/// listener that is dropped is closed.
public final class StreamListener: Sendable {
  /// The address that it listens on, with the port that the kernel chose.
  public let localAddress: SocketAddress
  let acceptors: [Acceptor]
  /// Its calls that wait do so on the first loop.
  let home: CompletionLoop
  let queue: AcceptQueue
  private let use = Mutex<Use?>(nil)

  /// How a listener is used.
  enum Use {
    case accepting, serving, handling
  }

  init(_ acceptors: [Acceptor], address: SocketAddress, queueLimit: Int) {
    self.acceptors = acceptors
    home = acceptors[0].loop
    localAddress = address
    queue = AcceptQueue(acceptors, limit: queueLimit)
  }

  deinit {
    abort()
  }

  /// Decides how the listener is used, once.
  ///
  /// - Throws: EBUSY if it is used in another way already, or is served.
  func claim(_ wanted: Use) throws(SocketError) {
    let isFree = use.withLock { use in
      defer { use = use ?? wanted }
      return use == nil || (use == .accepting && wanted == .accepting)
    }
    guard isFree else { throw .busy(.accept, localAddress) }
  }

  /// Listens on an address given as text.
  ///
  /// - Parameters:
  ///   - address: `127.0.0.1:7000`, `[::1]:7000`, `unix:/path`, or `:7000` for all interfaces as
  ///     ``bind(port:on:options:policy:)-(_,CompletionLoopGroup,_,_)``; port 0 lets the kernel
  ///     choose.
  ///   - group: Each of its loops accepts on its own socket.
  ///   - options: How the sockets are made.
  ///   - policy: What ``accept()`` and accepted connections do when the kernel says "not now"; the
  ///     loop's if `nil`.
  /// - Returns: A listener that accepts nothing yet; connections wait in its backlog.
  /// - Throws: ``SocketError`` with EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE, ESHUTDOWN; EINVAL for
  ///   text that is no address; ENOBUFS if the loops' ``LoopConfiguration/flightLimit`` leaves no
  ///   room for a connection beside their listeners.
  ///
  /// The corresponding C functions are `socket`, `bind` and `listen`.
  public static func bind(
    to address: String, on group: CompletionLoopGroup, options: SocketOptions = SocketOptions(),
    policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamListener {
    if let port = SocketAddress.portAlone(address) {
      return try await bind(port: port, on: group, options: options, policy: policy)
    }
    return try await bind(
      to: parse(address, for: .bind), on: group, options: options, policy: policy)
  }

  /// Listens on an address.
  ///
  /// An address that is in use is tried again for ``SocketOptions/bindRetryLimit``: a process that
  /// has just been killed holds its address until the kernel has taken its ring down.
  ///
  /// - Parameters:
  ///   - address: An Internet or Unix-domain address; port 0 lets the kernel choose. The file of a
  ///     Unix-domain one stays when the listener is closed: remove it before the next bind, or have
  ///     that done by ``SocketOptions/removesStalePath``.
  ///   - group: Each of its loops accepts on its own socket; only the first on a Unix-domain one.
  ///   - options: How the sockets are made.
  ///   - policy: What ``accept()`` and accepted connections do when the kernel says "not now"; the
  ///     loop's if `nil`.
  /// - Returns: A listener that accepts nothing yet; connections wait in its backlog.
  /// - Throws: ``SocketError`` with EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE, ESHUTDOWN; ENOBUFS if
  ///   the loops' ``LoopConfiguration/flightLimit`` leaves no room for a connection beside their
  ///   listeners.
  ///
  /// The corresponding C functions are `socket`, `bind` and `listen`.
  public static func bind(
    to address: SocketAddress, on group: CompletionLoopGroup,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamListener {
    // A path identifies one socket; only ports can be shared.
    let loops = address.port == nil ? [group.loops[0]] : group.loops
    let listener = try await BindRetry.binding(to: address, options, on: loops[0]) {
      () throws(SocketError) in
      try bind(to: address, on: loops, options, policy)
    }
    for acceptor in listener.acceptors {
      let refusal = await acceptor.loop.isolation.run { _ in
        acceptor.state == .closed ? acceptor.failure ?? .loopStopped(.bind) : nil
      }
      if let refusal { throw refusal }
    }
    return listener
  }

  /// Listens on an address with one loop, without a task.
  ///
  /// An address that is in use is not tried again, because this call must not wait.
  ///
  /// - Parameters:
  ///   - address: An Internet or Unix-domain address; port 0 lets the kernel choose.
  ///   - loop: Accepts; the call may come from any thread.
  ///   - options: How the socket is made.
  ///   - policy: What ``accept()`` and accepted connections do when the kernel says "not now"; the
  ///     loop's if `nil`.
  /// - Returns: A listener that accepts nothing yet; connections wait in its backlog. One whose loop
  ///   is stopping, or has no room for a connection beside its listeners, says so when it is used.
  /// - Throws: ``SocketError`` with EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE.
  ///
  /// The corresponding C functions are `socket`, `bind` and `listen`.
  public static func bind(
    to address: SocketAddress, on loop: CompletionLoop,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) throws(SocketError) -> StreamListener {
    try bind(to: address, on: [loop], options, policy)
  }

  private static func bind(
    to address: SocketAddress, on loops: [CompletionLoop], _ options: SocketOptions,
    _ policy: ResubmissionPolicy?
  ) throws(SocketError) -> StreamListener {
    try options.checkAccepted(at: address, on: loops)
    let (sockets, bound) = try SocketFactory(loops[0].socketCalls).listen(
      on: address, cpus: loops.map { options.acceptsOnReceivingCPU ? $0.cpu : nil }, options)
    let acceptors = zip(sockets, loops).map { socket, loop in
      Acceptor(
        socket, at: bound, on: loop, policy: policy, settings: options.acceptedSettings)
    }
    for acceptor in acceptors { acceptor.loop.perform { acceptor.open() } }
    return StreamListener(
      acceptors, address: bound, queueLimit: loops[0].configuration.unclaimedConnectionLimit)
  }

  /// Stops accepting; connections that were accepted go on.
  ///
  /// Returns when the listener's sockets are closed, so that its address can be bound again. May be
  /// called more than once; each call waits.
  public func close() async {
    abort()
    for acceptor in acceptors {
      await acceptor.loop.isolation.run { _ in
        guard let wait = acceptor.closeAndWait() else { return }
        await acceptor.loop.suspend(for: wait)
        _ = acceptor.loop.take(wait)
      }
    }
  }

  /// Stops accepting, and returns at once; ``close()`` waits for the end of it.
  public func abort() {
    for acceptor in acceptors { acceptor.loop.perform { acceptor.close() } }
  }
}

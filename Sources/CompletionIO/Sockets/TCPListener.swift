internal import SystemPackage
public import Uring

/// A listening socket, or one for each loop of a group that share an address.
///
/// ```swift
/// let listener = try await TCPListener.bind(to: "127.0.0.1:7000", on: group)
/// try await listener.serve { connection in
///   while let chunk = try await connection.receive() {
///     try await connection.send(chunk.bytes)
///   }
/// }
/// ```
///
/// A listener is used in one of three ways: ``serve(_:)`` with a task a connection,
/// ``handle(_:ended:)`` with completion handlers, or ``accept()`` one at a time. A listener that is
/// dropped is closed.
public final class TCPListener: Sendable {
  /// The address that it listens on, with the port that the kernel chose.
  public let localAddress: SocketAddress
  let acceptors: [Acceptor]
  let queue: AcceptQueue

  init(_ acceptors: [Acceptor], address: SocketAddress, queueLimit: Int) {
    self.acceptors = acceptors
    localAddress = address
    queue = AcceptQueue(acceptors, limit: queueLimit)
  }

  deinit {
    close()
  }

  /// Listens on an address given as text.
  ///
  /// - Parameters:
  ///   - address: `127.0.0.1:7000`, `[::1]:7000` or `unix:/path`; port 0 lets the kernel choose.
  ///   - group: Each of its loops accepts on its own socket.
  ///   - options: How the sockets are made.
  ///   - policy: What accepted connections do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: A listener that accepts nothing yet; connections wait in its backlog.
  /// - Throws: ``SocketError`` with EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE; EINVAL for text that
  ///   is no address.
  ///
  /// The corresponding C functions are `socket`, `bind` and `listen`.
  public static func bind(
    to address: String, on group: CompletionLoopGroup, options: SocketOptions = SocketOptions(),
    policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> TCPListener {
    try await bind(to: parse(address, for: .bind), on: group, options: options, policy: policy)
  }

  /// Listens on an address.
  ///
  /// - Parameters:
  ///   - address: An Internet or Unix-domain address; port 0 lets the kernel choose. The file of a
  ///     Unix-domain one stays when the listener is closed: remove it before the next bind.
  ///   - group: Each of its loops accepts on its own socket; only the first on a Unix-domain one.
  ///   - options: How the sockets are made.
  ///   - policy: What accepted connections do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: A listener that accepts nothing yet; connections wait in its backlog.
  /// - Throws: ``SocketError`` with EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE, ESHUTDOWN.
  ///
  /// The corresponding C functions are `socket`, `bind` and `listen`.
  public static func bind(
    to address: SocketAddress, on group: CompletionLoopGroup,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> TCPListener {
    // A path names one socket; only ports can be shared.
    let loops = address.port == nil ? [group.loops[0]] : group.loops
    let (listeners, bound) = try SocketFactory(loops[0].socketCalls).listen(
      on: address, count: loops.count, options)
    let acceptors = zip(listeners, loops).map { listener, loop in
      Acceptor(listener, on: loop, policy: policy)
    }
    var isOpen = true
    for acceptor in acceptors {
      let isTaken = await withCheckedContinuation { continuation in
        acceptor.loop.perform { continuation.resume(returning: acceptor.open()) }
      }
      isOpen = isOpen && isTaken
    }
    let listener = TCPListener(
      acceptors, address: bound, queueLimit: group.configuration.unclaimedConnectionLimit)
    guard isOpen else { throw .loopStopped(.bind) }
    return listener
  }

  /// Stops accepting; connections that were accepted go on.
  ///
  /// Its sockets are closed soon after: ``waitUntilClosed()``. May be called more than once.
  public func close() {
    for acceptor in acceptors { acceptor.loop.perform { acceptor.close() } }
  }

  /// Waits for the end that ``close()`` has asked for.
  ///
  /// Then the listener's sockets are closed, and its address can be bound again.
  public func waitUntilClosed() async {
    for acceptor in acceptors {
      await withCheckedContinuation { continuation in
        acceptor.loop.perform { acceptor.resumeOnceClosed(continuation) }
      }
    }
  }
}

func parse(
  _ address: String, for operation: SocketOperation
) throws(SocketError) -> SocketAddress {
  do throws(SocketAddressError) {
    return try SocketAddress(parsing: address)
  } catch {
    throw SocketError(operation, .invalidArgument, cause: .badAddress, addressError: error)
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
public import Uring

extension StreamConnection {
  /// Connects to an address given as text.
  ///
  /// - Parameters:
  ///   - address: `127.0.0.1:7000`, `[::1]:7000` or `unix:/path`; for a name see
  ///     ``connect(host:port:on:timeout:options:policy:)-(_,_,CompletionLoopGroup,_,_,_)``.
  ///   - group: The connection belongs to its next loop.
  ///   - timeout: How long it may take; `nil` for as long as the kernel tries.
  ///   - options: How the socket is made.
  ///   - policy: What the connect and the connection do when the kernel says "not now".
  /// - Returns: A connected socket.
  /// - Throws: As ``connect(to:on:timeout:options:policy:)-(SocketAddress,CompletionLoop,_,_,_)``;
  ///   EINVAL for text that is no address.
  public static func connect(
    to address: String, on group: CompletionLoopGroup, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamConnection {
    try await connect(
      to: parse(address, for: .connect), on: group, timeout: timeout, options: options,
      policy: policy)
  }

  /// Connects to an address, on the next loop of a group.
  ///
  /// As ``connect(to:on:timeout:options:policy:)-(SocketAddress,CompletionLoop,_,_,_)``.
  public static func connect(
    to address: SocketAddress, on group: CompletionLoopGroup, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamConnection {
    try await connect(
      to: address, on: group.next(), timeout: timeout, options: options, policy: policy)
  }

  /// Connects to an address.
  ///
  /// A connect that is cancelled or times out leaves a socket that goes on connecting, so its
  /// socket is closed and never used again.
  ///
  /// - Parameters:
  ///   - address: An Internet or Unix-domain address.
  ///   - loop: The connection belongs to it.
  ///   - timeout: How long it may take; `nil` for as long as the kernel tries.
  ///   - options: How the socket is made.
  ///   - policy: What the connect and the connection do when the kernel says "not now".
  /// - Returns: A connected socket.
  /// - Throws: ``SocketError`` with ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH,
  ///   EADDRNOTAVAIL, EMFILE, ECANCELED, ESHUTDOWN; with the policy `.nonblocking` also EINPROGRESS.
  ///
  /// The corresponding C function is `io_uring_prep_connect` (Linux 5.5).
  public static func connect(
    to address: SocketAddress, on loop: CompletionLoop, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamConnection {
    try await loop.isolation.run { _ throws(SocketError) in
      try await ConnectWait.connection(on: loop) { completion in
        let attempt = ConnectAttempt.start(
          to: address, on: loop, options: options, policy: policy, timeout: timeout,
          completion: completion)
        return { attempt?.cancel(because: $0) }
      }
    }
  }
}

/// A task's wait for a connect; on the loop's thread.
final class ConnectWait: OperationOwner {
  private let loop: CompletionLoop
  private var id = WaitID(slot: 0, generation: 0)
  /// Ends the connect before its time.
  private var endEarly: (WaitEnd) -> Void = { _ in }
  private var result: Result<SocketStream, SocketError>?

  private init(on loop: CompletionLoop) {
    self.loop = loop
    super.init()
    id = loop.openWait(for: self, timeout: nil)
  }

  /// Begins a connect and suspends the calling task until the connect is over.
  ///
  /// - Parameters:
  ///   - loop: The connection's.
  ///   - begin: Is given what to call with the result, and returns what ends the connect before its
  ///     time.
  /// - Returns: The connection.
  /// - Throws: The error of the connect.
  static nonisolated(nonsending) func connection(
    on loop: CompletionLoop,
    _ begin: (@escaping (Result<SocketStream, SocketError>) -> Void) -> (WaitEnd) -> Void
  ) async throws(SocketError) -> StreamConnection {
    let wait = ConnectWait(on: loop)
    wait.endEarly = begin { wait.complete($0) }
    return try await wait.connection()
  }

  private func complete(_ result: Result<SocketStream, SocketError>) {
    self.result = result
    loop.finish(id)
  }

  /// Suspends the calling task until the connect is over, and takes what it came to.
  private nonisolated(nonsending) func connection() async throws(SocketError) -> StreamConnection {
    await loop.suspend(for: id)
    _ = await loop.takeResult(id)
    endEarly = { _ in }
    guard let result else { throw .loopStopped(.connect) }
    return StreamConnection(try result.get())
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    guard result == nil else { return }
    endEarly(cause)
  }
}

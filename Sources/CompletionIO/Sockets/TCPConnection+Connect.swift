internal import Synchronization
internal import SystemPackage
public import Uring

extension TCPConnection {
  /// Connects to an address given as text.
  ///
  /// - Parameters:
  ///   - address: `127.0.0.1:7000`, `[::1]:7000` or `unix:/path`.
  ///   - group: The connection belongs to its next loop.
  ///   - timeout: How long it may take; `nil` for as long as the kernel tries.
  ///   - options: How the socket is made.
  ///   - policy: What the connect and the connection do when the kernel says "not now".
  /// - Returns: A connected socket.
  /// - Throws: As ``connect(to:on:timeout:options:policy:)``; EINVAL for text that is no address.
  public static func connect(
    to address: String, on group: CompletionLoopGroup, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> TCPConnection {
    try await connect(
      to: parse(address, for: .connect), on: group.next(), timeout: timeout, options: options,
      policy: policy)
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
  ///   EADDRNOTAVAIL, EMFILE, ECANCELED; with the policy `.nonblocking` also EINPROGRESS.
  ///
  /// The corresponding C function is `io_uring_prep_connect` (Linux 5.5).
  public static func connect(
    to address: SocketAddress, on loop: CompletionLoop, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> TCPConnection {
    let descriptor = try SocketFactory(loop.socketCalls).open(for: address, options)
    let attempt = ConnectAttempt(descriptor, to: address, on: loop)
    let outcome = await withTaskCancellationHandler {
      await attempt.run(policy ?? loop.configuration.policy, timeout)
    } onCancel: {
      loop.perform { attempt.cancel() }
    }
    guard outcome.result == 0 else {
      loop.socketCalls.close(descriptor)
      let cause = attempt.cause(of: outcome)
      let errno: Errno =
        switch cause {
        case .loopStopped: .socketShutdown
        case .cancellation: .canceled
        default: outcome.error ?? .canceled
        }
      throw SocketError(
        .connect, errno, cause: cause, peer: address, attempts: max(1, outcome.attempts))
    }
    let connection: TCPConnection? = unsafe await withUnsafeContinuation { continuation in
      loop.perform {
        // A loop that is stopping has ended its connections already and would not end this one.
        let stream =
          loop.isStopping ? nil : SocketStream(.file(descriptor), on: loop, policy: policy)
        unsafe continuation.resume(returning: stream.map { TCPConnection($0) })
      }
    }
    guard let connection else {
      loop.socketCalls.close(descriptor)
      throw .loopStopped(.connect)
    }
    return connection
  }
}

/// One connect on its way.
@safe
private final class ConnectAttempt: @unchecked Sendable {
  // Unchecked: `token` is used on the loop's thread only, the rest never changes.

  private let descriptor: FileDescriptor
  private let loop: CompletionLoop
  private let address: SocketAddress
  /// A copy of the address that stays in place, should the kernel have to be asked again.
  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int
  private var token: Token?
  private let isCancelled = Atomic<Bool>(false)

  init(_ descriptor: FileDescriptor, to address: SocketAddress, on loop: CompletionLoop) {
    self.descriptor = descriptor
    self.loop = loop
    self.address = address
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
    byteCount = unsafe address.withSockaddr { pointer, byteCount in
      unsafe memory.copyMemory(from: pointer, byteCount: byteCount)
      return byteCount
    }
    unsafe self.memory = unsafe memory
  }

  deinit {
    unsafe memory.deallocate()
  }

  func run(_ policy: ResubmissionPolicy, _ timeout: Duration?) async -> Outcome {
    unsafe await withUnsafeContinuation { continuation in
      loop.perform { [self] in
        unsafe start(policy, timeout, continuation)
      }
    }
  }

  private func start(
    _ policy: ResubmissionPolicy, _ timeout: Duration?,
    _ continuation: UnsafeContinuation<Outcome, Never>
  ) {
    let idle = Token(rawValue: 0)
    guard !isCancelled.load(ordering: .relaxed), !loop.isStopping else {
      return unsafe continuation.resume(
        returning: Outcome(token: idle, result: -Errno.canceled.rawValue, attempts: 0))
    }
    token = unsafe loop.begin(
      .connect(.file(descriptor), to: memory, byteCount: byteCount), policy: policy,
      facts: address.port == nil ? .unixDomain : [], timeout: timeout,
      owner: Suspension(continuation))
    if token == nil {
      unsafe continuation.resume(
        returning: Outcome(token: idle, result: -Errno.noBufferSpace.rawValue, attempts: 0))
    }
  }

  func cancel() {
    isCancelled.store(true, ordering: .relaxed)
    if let token { loop.end(token) }
  }

  func cause(of outcome: Outcome) -> SocketError.Cause {
    if outcome.isTimedOut { return .timeout }
    // Whatever the kernel says to a connect that is to end, nobody waits for its answer any more.
    if isCancelled.load(ordering: .relaxed) { return .cancellation }
    if outcome.wasCancelled { return .loopStopped }
    return outcome.attempts == 0 ? .tableFull : .kernel
  }
}

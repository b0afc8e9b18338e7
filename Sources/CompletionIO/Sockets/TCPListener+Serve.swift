internal import Synchronization
internal import Uring

extension TCPListener {
  /// Serves each connection with a task on the connection's own loop.
  ///
  /// A connection is closed when its body returns or throws; a body that throws ends its own
  /// connection and no other. Returns after ``close()``, when the last body has returned. When the
  /// calling task is cancelled the listener is closed and the bodies' tasks are cancelled.
  ///
  /// - Parameter body: Called with each connection, on its loop.
  /// - Throws: ``SocketError`` when accepting fails for good, after the connections have ended.
  ///
  /// The corresponding C function is `io_uring_prep_multishot_accept` (Linux 5.19).
  public func serve(
    _ body: nonisolated(nonsending) @escaping @Sendable (TCPConnection) async throws -> Void
  ) async throws(SocketError) {
    let session = ServeSession(acceptors.count)
    let tasks = acceptors.map { ServedTasks(on: $0.loop, of: session) }
    for (acceptor, tasks) in zip(acceptors, tasks) {
      acceptor.loop.perform {
        tasks.open()
        acceptor.start(
          accepted: { stream in tasks.serve(stream, body) },
          ended: { error in tasks.acceptorEnded(error) })
      }
    }
    let failure = await withTaskCancellationHandler {
      await session.end()
    } onCancel: {
      close()
      for tasks in tasks { tasks.loop.perform { tasks.stop() } }
    }
    if let failure {
      close()
      throw failure
    }
  }

  /// Serves connections with completion handlers: no task, no continuation.
  ///
  /// - Parameters:
  ///   - handler: Hears of each connection's bytes, on the connection's loop.
  ///   - ended: Called on each loop when it accepts no more: without an error after ``close()``.
  ///
  /// The corresponding C function is `io_uring_prep_multishot_accept` (Linux 5.19).
  public func handle(
    _ handler: StreamHandler, ended: @escaping @Sendable (SocketError?) -> Void = { _ in }
  ) {
    for acceptor in acceptors {
      acceptor.loop.perform {
        acceptor.start(accepted: { stream in stream.start(handler) }, ended: ended)
      }
    }
  }
}

/// The tasks of one call of ``TCPListener/serve(_:)``.
private final class ServeSession: Sendable {
  private struct State {
    /// Loops that accept, or whose tasks have not all ended.
    var loopCount: Int
    var failure: SocketError?
    var waiter: CheckedContinuation<SocketError?, Never>?
  }

  private let state: Mutex<State>

  init(_ loopCount: Int) {
    state = Mutex(State(loopCount: loopCount))
  }

  func acceptorFailed(_ error: SocketError) {
    state.withLock { state in
      if state.failure == nil { state.failure = error }
    }
  }

  func loopEnded() {
    let (waiter, failure) = state.withLock { state in
      state.loopCount -= 1
      guard state.loopCount == 0 else {
        return (nil as CheckedContinuation<SocketError?, Never>?, nil as SocketError?)
      }
      let waiter = state.waiter
      state.waiter = nil
      return (waiter, state.failure)
    }
    waiter?.resume(returning: failure)
  }

  /// Waits for the end of the last acceptor and the last task.
  func end() async -> SocketError? {
    await withCheckedContinuation { continuation in
      let failure: SocketError?? = state.withLock { state in
        guard state.loopCount > 0 else { return state.failure }
        state.waiter = continuation
        return nil
      }
      if let failure { continuation.resume(returning: failure) }
    }
  }
}

/// The tasks of one call of ``TCPListener/serve(_:)`` on one loop.
private final class ServedTasks: OperationOwner, @unchecked Sendable {
  // Unchecked: everything is used on the loop's thread only, except `loop` and `session`, which
  // never change.

  let loop: CompletionLoop
  private let session: ServeSession
  /// By number, so that they are cancelled in the order of their connections.
  private var served: [UInt64: Served] = [:]
  private var lastKey: UInt64 = 0
  private var isAccepting = true
  private var isCancelled = false

  private struct Served {
    let stream: SocketStream
    let task: Task<Void, Never>

    /// Cancels the task, and its waits on the connection.
    func cancel() {
      task.cancel()
      stream.cancelWaits()
    }
  }

  init(on loop: CompletionLoop, of session: ServeSession) {
    self.loop = loop
    self.session = session
    super.init()
  }

  func open() {
    if !loop.isStopping { loop.registry.add(self) }
  }

  func serve(
    _ stream: SocketStream,
    _ body: nonisolated(nonsending) @escaping @Sendable (TCPConnection) async throws -> Void
  ) {
    loop.taskCount += 1
    let connection = TCPConnection(stream)
    lastKey += 1
    let key = lastKey
    let task = Task(executorPreference: loop) {
      await connection.serve(body)
      self.loop.perform { self.taskEnded(key) }
    }
    let served = Served(stream: stream, task: task)
    self.served[key] = served
    if isCancelled { served.cancel() }
  }

  private func taskEnded(_ key: UInt64) {
    loop.taskCount -= 1
    served[key] = nil
    endIfDone()
  }

  func acceptorEnded(_ error: SocketError?) {
    if let error { session.acceptorFailed(error) }
    isAccepting = false
    endIfDone()
  }

  /// Cancels the tasks: the caller's task is cancelled, or the loop stops.
  override func stop() {
    isCancelled = true
    for key in served.keys.sorted() { served[key]?.cancel() }
  }

  private func endIfDone() {
    guard !isAccepting, served.isEmpty else { return }
    loop.registry.remove(self)
    session.loopEnded()
  }
}

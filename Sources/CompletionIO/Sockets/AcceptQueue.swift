internal import Synchronization
internal import SystemPackage
internal import Uring

extension TCPListener {
  /// Takes one connection, or waits for it.
  ///
  /// Connections are accepted ahead, up to ``LoopConfiguration/unclaimedConnectionLimit``; then the
  /// listener pauses until some are taken.
  ///
  /// - Returns: A connection, on the loop that accepted it.
  /// - Throws: ``SocketError`` with ECANCELED when the task is cancelled, EBADF after ``close()``,
  ///   or the errno with which accepting failed for good.
  ///
  /// The corresponding C function is `io_uring_prep_multishot_accept` (Linux 5.19).
  public func accept() async throws(SocketError) -> TCPConnection {
    queue.startOnce()
    let waiter = AcceptQueue.Waiter()
    let result = await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { continuation in
        unsafe queue.wait(waiter, continuation)
      }
    } onCancel: {
      queue.cancel(waiter)
    }
    return try result.get()
  }
}

/// Connections accepted ahead of demand, or tasks that wait for one; never both.
final class AcceptQueue: Sendable {
  typealias Continuation = UnsafeContinuation<Result<TCPConnection, SocketError>, Never>

  /// A task that waits.
  final class Waiter: @unchecked Sendable {
    // Unchecked: used under the queue's lock only.
    fileprivate var isCancelled = false
  }

  @safe
  private struct State {
    var hasStarted = false
    var streams: [TCPConnection] = []
    var waiters: [(waiter: Waiter, continuation: Continuation)] = unsafe []
    var runningCount: Int
    var isPaused = false
    var failure: SocketError?
  }

  private let acceptors: [Acceptor]
  private let limit: Int
  private let state: Mutex<State>

  init(_ acceptors: [Acceptor], limit: Int) {
    self.acceptors = acceptors
    self.limit = max(1, limit)
    state = unsafe Mutex(State(runningCount: acceptors.count))
  }

  func startOnce() {
    let mustStart = state.withLock { state in
      defer { state.hasStarted = true }
      return !state.hasStarted
    }
    guard mustStart else { return }
    for acceptor in acceptors {
      acceptor.loop.perform { [self] in
        acceptor.start(
          accepted: { [self] stream in add(TCPConnection(stream)) },
          ended: { [self] error in
            acceptorEnded(error ?? (acceptor.loop.isStopping ? .loopStopped(.accept) : nil))
          })
      }
    }
  }

  func wait(_ waiter: Waiter, _ continuation: Continuation) {
    let (result, mustResume) = state.withLock {
      state -> (Result<TCPConnection, SocketError>?, Bool) in
      if waiter.isCancelled { return (.failure(.cancelled(.accept)), false) }
      if !state.streams.isEmpty {
        let connection = state.streams.removeFirst()
        let mustResume = state.isPaused && state.streams.count <= limit / 2
        if mustResume { state.isPaused = false }
        return (.success(connection), mustResume)
      }
      if state.runningCount == 0 { return (.failure(state.failure ?? .closed(.accept)), false) }
      unsafe state.waiters.append((waiter, continuation))
      return (nil, false)
    }
    if mustResume { applyPause() }
    if let result { unsafe continuation.resume(returning: result) }
  }

  func cancel(_ waiter: Waiter) {
    let continuation = unsafe state.withLock { state -> Continuation? in
      waiter.isCancelled = true
      let index = unsafe state.waiters.firstIndex { unsafe $0.waiter === waiter }
      guard let index else { return nil }
      return unsafe state.waiters.remove(at: index).continuation
    }
    unsafe continuation?.resume(returning: .failure(.cancelled(.accept)))
  }

  private func add(_ connection: TCPConnection) {
    let (continuation, mustPause) = unsafe state.withLock { state -> (Continuation?, Bool) in
      if unsafe !state.waiters.isEmpty {
        return unsafe (state.waiters.removeFirst().continuation, false)
      }
      state.streams.append(connection)
      let mustPause = !state.isPaused && state.streams.count >= limit
      if mustPause { state.isPaused = true }
      return (nil, mustPause)
    }
    if let continuation = unsafe continuation {
      return unsafe continuation.resume(returning: .success(connection))
    }
    if mustPause { applyPause() }
  }

  private func acceptorEnded(_ error: SocketError?) {
    let waiters = unsafe state.withLock { state -> [Continuation] in
      state.runningCount -= 1
      if state.failure == nil { state.failure = error }
      guard state.runningCount == 0 else { return unsafe [] }
      defer { unsafe state.waiters = [] }
      return unsafe state.waiters.map { unsafe $0.continuation }
    }
    unsafe waiters.forEach {
      unsafe $0.resume(returning: .failure(error ?? .closed(.accept)))
    }
  }

  /// Has each acceptor pause or go on, whichever is right when its loop gets to it: two changes
  /// may reach a loop in another order than they were made.
  private func applyPause() {
    for acceptor in acceptors {
      acceptor.loop.perform { [self] in
        if state.withLock({ $0.isPaused }) { acceptor.pause() } else { acceptor.resume() }
      }
    }
  }
}

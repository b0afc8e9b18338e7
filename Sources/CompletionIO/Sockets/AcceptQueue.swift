// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import SystemPackage
internal import Uring

/// Connections accepted ahead of demand, or tasks that wait for one; on the listener's first loop.
final class AcceptQueue: OperationOwner, @unchecked Sendable {
  // Unchecked: everything that changes is used on the first loop's thread only, but `isPaused`.

  private let acceptors: [Acceptor]
  private let limit: Int
  private var connections = RingQueue<StreamConnection>()
  private var waits = RingQueue<WaitID>()
  /// Connections for tasks that have been resumed and have not taken theirs yet.
  private var promisedCount = 0
  private var hasStarted = false
  /// Acceptors that have not ended.
  private var runningCount: Int
  /// Acceptors that have found nobody since somebody last asked.
  private var blockedCount = 0
  private var failure: SocketError?
  /// Whether a loop drains, which must not wait for connections that nobody has taken.
  private var isDraining = false
  private var atOnceCount: UInt8 = 0
  private let isPaused = Atomic<Bool>(false)

  init(_ acceptors: [Acceptor], limit: Int) {
    self.acceptors = acceptors
    self.limit = max(1, limit)
    runningCount = acceptors.count
    super.init()
  }

  private var home: CompletionLoop { acceptors[0].loop }

  private var isOnDemand: Bool { acceptors[0].policy != .completion }

  /// Takes a connection, or waits for it.
  nonisolated(nonsending) func accept() async throws(SocketError) -> StreamConnection {
    start()
    if connections.count > promisedCount || runningCount == 0 {
      atOnceCount &+= 1
      if atOnceCount >= 64 {
        atOnceCount = 0
        await home.passTurn()
      }
    }
    if Task.isCancelled { throw SocketError(.accept, StreamFailure(.cancelled)) }
    if home.isPastTaskDeadline { throw .pastDeadline(.accept) }
    if connections.count > promisedCount { return takeFirst() }
    if runningCount == 0 { throw failure ?? .closed(.accept) }
    let wait = home.openWait(for: self, timeout: nil)
    atOnceCount = 0
    waits.append(wait)
    if isOnDemand { askAcceptors() }
    await home.suspend(for: wait)
    if let failure = home.take(wait).failure {
      throw failure.cause == .closed
        ? self.failure ?? .closed(.accept) : SocketError(.accept, failure)
    }
    promisedCount -= 1
    return takeFirst()
  }

  private func takeFirst() -> StreamConnection {
    let connection = connections.removeFirst()
    if isPaused.load(ordering: .relaxed), connections.count <= limit / 2 { setPaused(false) }
    return connection
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    waits.remove(wait)
    home.finish(wait, WaitResult(StreamFailure(cause)))
  }

  // MARK: Acceptors

  private func start() {
    guard !hasStarted else { return }
    hasStarted = true
    for acceptor in acceptors {
      let (accepted, ended) = (accepted(by: acceptor), ended(acceptor))
      let home = home
      acceptor.loop.perform { [self] in
        // One that has closed already would keep the queue for ever.
        if acceptor.state != .closed {
          acceptor.draining = { [self] in home.perform { self.dropUntaken() } }
        }
        guard isOnDemand else { return acceptor.start(accepted: accepted, ended: ended) }
        acceptor.startOnDemand(
          accepted: accepted,
          wouldBlock: { [self] failure in home.perform { self.acceptorBlocked(failure) } },
          ended: ended)
      }
    }
  }

  private func accepted(by acceptor: Acceptor) -> @Sendable (SocketStream) -> Void {
    let home = home
    return { [self] stream in
      let connection = StreamConnection(stream)
      home.perform { self.add(connection) }
    }
  }

  private func ended(_ acceptor: Acceptor) -> @Sendable (SocketError?) -> Void {
    let home = home
    return { [self] error in
      let error = error ?? (acceptor.loop.isStopping ? .loopStopped(.accept) : nil)
      home.perform { self.acceptorEnded(error) }
    }
  }

  private func askAcceptors() {
    blockedCount = 0
    for acceptor in acceptors { acceptor.loop.perform { acceptor.acceptOne() } }
  }

  /// Closes the connections that nobody has taken.
  private func dropUntaken() {
    isDraining = true
    while connections.count > promisedCount {
      connections.remove(at: connections.count - 1).abort()
    }
  }

  private func add(_ connection: StreamConnection) {
    if isDraining, waits.isEmpty { return connection.abort() }
    connections.append(connection)
    if !waits.isEmpty {
      promisedCount += 1
      home.finish(waits.removeFirst())
      if isOnDemand, !waits.isEmpty { askAcceptors() }
    } else if connections.count >= limit {
      setPaused(true)
    }
  }

  private func acceptorBlocked(_ failure: StreamFailure) {
    blockedCount += 1
    guard blockedCount >= runningCount else { return }
    failAll(failure)
  }

  private func acceptorEnded(_ error: SocketError?) {
    runningCount -= 1
    failure = failure ?? error
    if runningCount == 0 { failAll(.closed) }
  }

  private func failAll(_ failure: StreamFailure) {
    while !waits.isEmpty { home.finish(waits.removeFirst(), WaitResult(failure)) }
  }

  /// Has each acceptor pause or go on, whichever is right when its loop gets to it: two changes
  /// may reach a loop in another order than they were made.
  private func setPaused(_ isPaused: Bool) {
    guard self.isPaused.exchange(isPaused, ordering: .sequentiallyConsistent) != isPaused,
      !isOnDemand
    else { return }
    for acceptor in acceptors {
      acceptor.loop.perform { [self] in
        if self.isPaused.load(ordering: .sequentiallyConsistent) {
          acceptor.pause()
        } else {
          acceptor.resume()
        }
      }
    }
  }
}

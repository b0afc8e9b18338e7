internal import Uring

/// The tasks of a ``ServeSession`` on one loop.
final class ServedTasks: OperationOwner, @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  let loop: CompletionLoop
  private let service: Service
  /// Called once, when the acceptor and the last task have ended.
  private let ended: (SocketError?) -> Void
  /// By number, so that they are cancelled in the order of their connections.
  private var served: [UInt64: Served] = [:]
  private var lastKey: UInt64 = 0
  private var isAccepting = true
  private var isCancelled = false
  private var failure: SocketError?
  /// Accepts, until it has ended.
  private var acceptor: Acceptor?
  /// Connections that came beyond the limit, before accepting had paused.
  private var heldBack = RingQueue<StreamConnection>()

  private struct Served {
    let stream: SocketStream
    let task: Task<Void, Never>
    let watch: WaitWatch?

    /// Cancels the task, and its waits on the connection.
    func cancel() {
      task.cancel()
      stream.cancelOwner()
    }
  }

  init(
    on loop: CompletionLoop, _ service: Service, ended: @escaping @Sendable (SocketError?) -> Void
  ) {
    self.loop = loop
    self.service = service
    self.ended = ended
    super.init()
  }

  func start(_ acceptor: Acceptor) {
    if !loop.isStopping { loop.registry.add(self) }
    self.acceptor = acceptor
    if let onRefused = service.onRefused { acceptor.refused = onRefused }
    acceptor.start(
      accepted: { [self] stream in accept(StreamConnection(stream)) },
      ended: { [self] error in acceptorEnded(error) })
    // An acceptor that has closed before would keep these tasks for ever.
    if isAccepting { acceptor.closing = { [self] in listenerCloses() } }
  }

  private var isFull: Bool { served.count >= service.limits.connectionLimit }

  private func accept(_ connection: StreamConnection) {
    let waits = service.limits.excess == .waits
    if !isFull {
      serve(connection)
    } else if waits {
      heldBack.append(connection)
    } else {
      return connection.stream.refuse(.limit, service.onRefused)
    }
    if isFull, waits { acceptor?.pause() }
  }

  private func serve(_ connection: StreamConnection) {
    loop.taskCount += 1
    let stream = connection.stream
    lastKey += 1
    let key = lastKey
    // Captures as little as can be, because that is memory of each connection.
    let task = Task(executorPreference: loop) {
      await self.service.serve(connection)
      self.loop.perform { self.taskEnded(key) }
    }
    let served = Served(
      stream: stream, task: task, watch: WaitWatch(stream, service.limits))
    self.served[key] = served
    if isCancelled { served.cancel() }
  }

  private func taskEnded(_ key: UInt64) {
    loop.taskCount -= 1
    served.removeValue(forKey: key)?.watch?.stop()
    if !heldBack.isEmpty, !isFull { serve(heldBack.removeFirst()) }
    if !isFull { acceptor?.resumeIfPaused() }
    loop.finishDrainingIfQuiet()
    endIfDone()
  }

  private func acceptorEnded(_ error: SocketError?) {
    failure = error
    isAccepting = false
    acceptor = nil
    endIfDone()
  }

  /// Tells the bodies that their listener closes.
  private func listenerCloses() {
    // As the listener's backlog, which nobody has begun to serve either.
    while !heldBack.isEmpty {
      heldBack.removeFirst().stream.refuse(.closing, service.onRefused)
    }
    for key in served.keys.sorted() { served[key]?.stream.listenerClosed() }
  }

  /// Cancels the tasks, because the caller's task is cancelled.
  func cancelAll() {
    isCancelled = true
    for key in served.keys.sorted() { served[key]?.cancel() }
  }

  override func stop() {
    cancelAll()
  }

  override func isServed(by job: UInt) -> Bool {
    served.values.contains { $0.stream.ownerJob == job }
  }

  private func endIfDone() {
    guard !isAccepting, served.isEmpty else { return }
    loop.registry.remove(self)
    ended(failure)
  }
}

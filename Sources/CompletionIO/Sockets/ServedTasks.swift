// SPDX-License-Identifier: Apache-2.0

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
  private(set) var isCancelled = false
  private var failure: SocketError?
  /// Accepts, until it has ended.
  private var acceptor: Acceptor?
  /// Connections that came beyond the limit, before accepting had paused.
  private var heldBack = RingQueue<SocketStream>()
  /// Connections without a task, whose first bytes have not come.
  private lazy var silent = SilentStreams(of: self)

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
      accepted: { [self] stream in accept(stream) },
      ended: { [self] error in acceptorEnded(error) })
    // An acceptor that has closed before would keep these tasks for ever.
    if isAccepting { acceptor.closing = { [self] in listenerCloses() } }
  }

  private var isFull: Bool {
    served.count + silent.count >= service.limits.connectionLimit
  }

  private func accept(_ stream: SocketStream) {
    let waits = service.limits.excess == .waits
    if !isFull {
      begin(stream)
    } else if waits {
      heldBack.append(stream)
    } else {
      return stream.refuse(.limit, service.onRefused)
    }
    if isFull, waits { acceptor?.pause() }
  }

  private func begin(_ stream: SocketStream) {
    switch service.start {
    case .atOnce: serve(stream)
    case .withFirstBytes: silent.add(stream, service.limits)
    }
  }

  /// Starts the task of a connection.
  func serve(_ stream: SocketStream) {
    loop.taskCount += 1
    let connection = StreamConnection(stream)
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
    connectionEnded()
    loop.finishDrainingIfQuiet()
  }

  /// Takes note that a connection is served no more.
  func connectionEnded() {
    if !heldBack.isEmpty, !isFull { begin(heldBack.removeFirst()) }
    if !isFull { acceptor?.resumeIfPaused() }
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
      heldBack.removeFirst().refuse(.closing, service.onRefused)
    }
    silent.closeAll()
    for key in served.keys.sorted() { served[key]?.stream.listenerClosed() }
  }

  /// Cancels the tasks, because the caller's task is cancelled.
  func cancelAll() {
    isCancelled = true
    silent.closeAll()
    for key in served.keys.sorted() { served[key]?.cancel() }
  }

  override func stop() {
    cancelAll()
  }

  override func isServed(by job: UInt) -> Bool {
    served.values.contains { $0.stream.ownerJob == job }
  }

  private func endIfDone() {
    guard !isAccepting, served.isEmpty, silent.count == 0 else { return }
    loop.registry.remove(self)
    ended(failure)
  }
}

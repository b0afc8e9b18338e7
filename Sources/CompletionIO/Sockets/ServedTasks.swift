// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The tasks of a ``ServeSession`` on one loop.
final class ServedTasks: OperationOwner, @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  let loop: CompletionLoop
  private let service: Service
  /// Called once, when the acceptor and the last task have ended.
  private let ended: (SocketError?) -> Void
  /// By place; a place that is free has none.
  private var served: [Served?] = []
  private var freePlaces: [Int] = []
  private var lastNumber: UInt64 = 0
  /// By place, where there are limits.
  private var watches: [Int: WaitWatch] = [:]
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
    let connection: StreamConnection
    let task: Task<Void, any Error>
    /// Which connection of the session it is.
    let number: UInt64

    /// Cancels the task, and its waits on the connection.
    func cancel() {
      task.cancel()
      connection.cancelOwner()
    }
  }

  private var servedCount: Int { served.count - freePlaces.count }

  /// Those that are served, in the order of their connections.
  private var inOrder: [Served] {
    served.compactMap(\.self).sorted { $0.number < $1.number }
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
    servedCount + silent.count >= service.limits.connectionLimit
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
    let place = freePlaces.popLast() ?? served.count
    if place == served.count { served.append(nil) }
    let connection = StreamConnection(stream, servedBy: self, at: place)
    // One object and no more is captured, and the type says that the body throws, which it does not:
    // else each task would have a context for what is captured, and one for the change of types.
    let task = Task(executorPreference: loop) { () async throws -> Void in
      guard let session = connection.session else { return }
      await session.service.serve(connection)
      session.loop.perform { session.taskEnded(connection) }
    }
    lastNumber += 1
    let served = Served(connection: connection, task: task, number: lastNumber)
    self.served[place] = served
    if let watch = WaitWatch(connection, service.limits) { watches[place] = watch }
    if isCancelled { served.cancel() }
  }

  private func taskEnded(_ connection: StreamConnection) {
    let place = connection.place
    loop.taskCount -= 1
    connection.session = nil
    served[place] = nil
    freePlaces.append(place)
    if !watches.isEmpty { watches.removeValue(forKey: place)?.stop() }
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
    for served in inOrder { served.connection.stream.listenerClosed() }
  }

  /// Cancels the tasks, because the caller's task is cancelled.
  func cancelAll() {
    isCancelled = true
    silent.closeAll()
    for served in inOrder { served.cancel() }
  }

  override func stop() {
    cancelAll()
  }

  override func isServed(by job: UInt) -> Bool {
    served.contains { $0?.connection.ownerJob == job }
  }

  private func endIfDone() {
    guard !isAccepting, servedCount == 0, silent.count == 0 else { return }
    loop.registry.remove(self)
    ended(failure)
  }
}

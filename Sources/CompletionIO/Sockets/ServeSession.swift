// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// One call of ``StreamListener/serve(lingering:onError:_:)``; on the listener's first loop.
final class ServeSession: OperationOwner, @unchecked Sendable {
  // Unchecked: everything that changes is used on the first loop's thread only.

  private let listener: StreamListener
  private let home: CompletionLoop
  private let service: Service
  private var served: [ServedTasks] = []
  /// Loops that accept, or whose tasks have not all ended.
  private var loopCount: Int
  private var failure: SocketError?
  private var wait: WaitID?

  init(of listener: StreamListener, _ service: Service) {
    self.listener = listener
    self.service = service
    home = listener.home
    loopCount = listener.acceptors.count
    super.init()
  }

  /// Returns when the last acceptor and the last task have ended.
  nonisolated(nonsending) func run() async throws(SocketError) {
    let wait = home.openWait(for: self, timeout: nil)
    self.wait = wait
    for acceptor in listener.acceptors {
      let tasks = ServedTasks(on: acceptor.loop, service) { [self] error in
        home.perform { self.loopEnded(error) }
      }
      served.append(tasks)
      acceptor.loop.perform { tasks.start(acceptor) }
    }
    await home.suspend(for: wait)
    _ = home.take(wait)
    // They refer to the session, which would keep itself and its loops for ever.
    served = []
    guard let failure else { return }
    listener.abort()
    throw failure
  }

  private func loopEnded(_ error: SocketError?) {
    failure = failure ?? error
    loopCount -= 1
    if loopCount == 0, let wait { home.finish(wait) }
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    // A loop that stops ends its own tasks, which this wait is for.
    guard cause == .cancelled else { return }
    listener.abort()
    for tasks in served { tasks.loop.perform { tasks.cancelAll() } }
  }
}

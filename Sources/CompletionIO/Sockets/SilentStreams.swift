// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The connections of a ``ServedTasks`` whose first bytes have not come, which have no task yet.
///
/// One delegate for all of them, so that each costs its stream and nothing else.
final class SilentStreams: SocketDelegate {
  private unowned let tasks: ServedTasks
  private(set) var count = 0

  init(of tasks: ServedTasks) {
    self.tasks = tasks
    super.init()
  }

  func add(_ stream: SocketStream, _ limits: ServeLimits) {
    count += 1
    let time = [limits.idleTime, limits.receiveTime].compactMap(\.self).min()
    stream.setIdleLimits(IdleLimits(receiving: time))
    stream.attach(self)
    if tasks.isCancelled { stream.close() }
  }

  /// Closes all, of which none has asked for anything.
  func closeAll() {
    for owner in tasks.loop.registry.all {
      if let stream = owner as? SocketStream, stream.handler === self { stream.close() }
    }
  }

  override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    // In this order, so that there is no moment at which the session has nothing left.
    stream.removeWatch()
    stream.detachDelegate(keeping: lease)
    tasks.serve(stream)
    count -= 1
  }

  override func draining(_ stream: SocketStream) { stream.close() }

  override func closed(_ stream: SocketStream) {
    count -= 1
    tasks.connectionEnded()
  }
}

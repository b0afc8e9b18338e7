// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Ends waits of a body on its connection that last longer than the limits of its listener.
///
/// It looks every quarter of the shortest limit at what the body waits for, so that a message costs
/// nothing: a wait that it sees twice has lasted since. So a wait ends at its limit at the earliest,
/// and a quarter of the shortest limit later at the latest.
final class WaitWatch: @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  private let connection: StreamConnection
  private let limits: ServeLimits
  private let pause: Duration
  private var timer: LoopTimer?
  /// The wait that was seen last, and when it was seen first.
  private var seen: (wait: WaitID, since: LoopInstant)?

  /// Begins to watch, if there are limits.
  init?(_ connection: StreamConnection, _ limits: ServeLimits) {
    guard let shortest = limits.shortestTime else { return nil }
    self.connection = connection
    self.limits = limits
    pause = max(shortest / 4, .microseconds(1))
    let timer = LoopTimer(on: connection.loop) { [weak self] in self?.look() }
    self.timer = timer
    timer.start(pause)
  }

  func stop() {
    timer?.cancel()
    timer = nil
  }

  private func look() {
    guard let timer else { return }
    let stream = connection.stream
    let (now, wait) = (stream.loop.now, connection.ownerWait)
    guard stream.loop.core.waits.isOpen(wait), let limit = limit(of: wait) else {
      seen = nil
      return timer.start(pause)
    }
    let since: LoopInstant
    if let seen, seen.wait == wait { since = seen.since } else { since = now }
    seen = (wait, since)
    let left = now.duration(to: since + limit)
    guard left <= .zero else { return timer.start(left) }
    timer.start(pause)
    stream.loop.cancel(wait, because: .timedOut)
  }

  private func limit(of wait: WaitID) -> Duration? {
    let stream = connection.stream
    if stream.extras?.idleWait == wait { return limits.idleTime }
    return stream.receiving.receiver?.wait == wait ? limits.receiveTime : limits.sendTime
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The timeouts of a ``ReadinessKernel``, alone and of requests.
///
/// A loop keeps its own deadlines, so there are few: a plain array is looked through.
struct KernelTimers {
  private var timers: [Timer] = []

  struct Timer {
    /// On the kernel's clock, in nanoseconds.
    var time: UInt64
    var token: Token
    /// The request that it ends; `nil` for a timeout alone.
    var target: Token?
    /// Whether another timeout ends it.
    var hasTimer = false
  }

  var count: Int { timers.count }

  var tokens: [Token] { timers.map(\.token) }

  /// When the first is due.
  var first: UInt64? { timers.lazy.map(\.time).min() }

  mutating func add(_ timer: Timer) {
    timers.append(timer)
  }

  /// Takes out the one that is due first.
  mutating func removeDue(at now: () -> UInt64) -> Timer? {
    guard !timers.isEmpty, let first, first <= now(),
      let index = timers.firstIndex(where: { $0.time == first })
    else { return nil }
    return timers.remove(at: index)
  }

  /// Takes out the one that would have ended a request.
  ///
  /// - Returns: Its token.
  mutating func remove(endingAt target: Token) -> Token? {
    guard let index = timers.firstIndex(where: { $0.target == target }) else { return nil }
    return timers.remove(at: index).token
  }

  /// Takes out a timeout that is a request of its own.
  mutating func removeAlone(_ token: Token) -> Timer? {
    let index = timers.firstIndex { $0.token == token && $0.target == nil }
    return index.map { timers.remove(at: $0) }
  }

  /// Takes out all timeouts that are requests of their own.
  mutating func removeAlone() -> [Timer] {
    let alone = timers.filter { $0.target == nil }
    timers.removeAll { $0.target == nil }
    return alone
  }
}

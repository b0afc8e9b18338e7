// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Sees that something moves on a stream, as often as its limits ask.
///
/// It looks every quarter of the shortest limit at marks that receives and sends leave, so that a
/// message moves no timer. What it sees moved then has moved before, so a limit ends at its time at
/// the earliest, and a quarter of the shortest limit later at the latest.
final class IdleWatch {
  private var receiving: Clock
  private var sending: Clock
  private var both: Clock
  private let pause: Duration
  /// Ends at the next look.
  var wait: WaitID

  /// How long one direction has stood still.
  private struct Clock {
    let limit: Duration?
    /// Since when nothing has moved, as far as is known.
    var since: LoopInstant
    /// Whether something could have moved at the last look.
    var couldMove = false

    /// Takes note of a look.
    ///
    /// - Returns: Whether the limit has passed.
    mutating func look(_ now: LoopInstant, hasMoved: Bool, canMove: Bool) -> Bool {
      guard let limit else { return false }
      // What could not move at the last look has begun to wait since.
      let hasStood = couldMove && canMove && !hasMoved
      couldMove = canMove
      if !hasStood { since = now }
      return hasStood && since + limit <= now
    }

    /// How long until the limit, if nothing moves.
    func left(at now: LoopInstant) -> Duration? {
      guard couldMove, let limit else { return nil }
      return max(now.duration(to: since + limit), .microseconds(1))
    }
  }

  /// Begins to watch, if there are limits.
  init?(_ limits: IdleLimits, of stream: SocketStream) {
    guard let shortest = limits.shortest else { return nil }
    let now = stream.loop.now
    receiving = Clock(limit: limits.receiving, since: now)
    sending = Clock(limit: limits.sending, since: now)
    both = Clock(limit: limits.both, since: now)
    pause = max(shortest / 4, .microseconds(1))
    wait = stream.loop.openWait(for: stream, timeout: pause)
    _ = look(at: stream)
  }

  /// Takes note of what has moved.
  ///
  /// - Returns: Where nothing has for as long as the limit allows, if anywhere.
  func look(at stream: SocketStream) -> IdleDirection? {
    let now = stream.loop.now
    let (hasReceived, hasSent) = (stream.received.contains(.idle), stream.hasSent)
    stream.received.remove(.idle)
    stream.hasSent = false
    let isReceivingIdle = receiving.look(
      now, hasMoved: hasReceived, canMove: stream.mayReceive)
    let isSendingIdle = sending.look(now, hasMoved: hasSent, canMove: !stream.sending.isEmpty)
    let areBothIdle = both.look(now, hasMoved: hasReceived || hasSent, canMove: true)
    if isReceivingIdle { return .receiving }
    if isSendingIdle { return .sending }
    return areBothIdle ? .both : nil
  }

  /// Begins the time of a direction anew.
  func restart(_ direction: IdleDirection, at now: LoopInstant) {
    switch direction {
    case .receiving: receiving.since = now
    case .sending: sending.since = now
    case .both: both.since = now
    }
  }

  /// How long until the next look.
  func pause(from now: LoopInstant) -> Duration {
    [receiving.left(at: now), sending.left(at: now), both.left(at: now)].reduce(pause) {
      min($0, $1 ?? $0)
    }
  }
}

extension SocketStream {
  /// Sets how long the stream may be idle; from now on, in place of earlier limits.
  ///
  /// The delegate decides what follows (``SocketDelegate/mayGoOn(idle:on:)``): if it does not, the
  /// stream ends with ETIMEDOUT. A limit ends a quarter of the shortest limit late at the latest, and
  /// costs a message nothing.
  ///
  /// - Parameter limits: For a stream with a delegate; none of them ends the wait of a task.
  public func setIdleLimits(_ limits: IdleLimits) {
    onLoop { stream in
      guard stream.closing == .open else { return }
      stream.removeWatch()
      guard let watch = IdleWatch(limits, of: stream) else { return }
      stream.madeExtras.watch = watch
    }
  }

  func removeWatch() {
    guard let watch = extras?.watch else { return }
    extras?.watch = nil
    loop.discard(watch.wait)
  }

  /// Whether bytes would be received, if some came.
  fileprivate var mayReceive: Bool {
    !receiving.hasEnded && !receiving.isPaused && extras?.isAboveMark != true
  }

  /// Looks whether the stream is idle, because it is time to, or has the watch end.
  func lookForIdleness(_ cause: WaitEnd) {
    guard cause == .timedOut, closing == .open, let watch = extras?.watch else {
      return removeWatch()
    }
    loop.discard(watch.wait)
    let idle = watch.look(at: self)
    watch.wait = loop.openWait(for: self, timeout: watch.pause(from: loop.now))
    guard let idle, let handler else { return }
    let goesOn = handler.mayGoOn(idle: idle, on: self)
    guard closing == .open else { return }
    if goesOn { return watch.restart(idle, at: loop.now) }
    tellEnd(StreamFailure(.timedOut, .timeout), of: idle == .sending ? .send : .receive)
    abort()
  }
}

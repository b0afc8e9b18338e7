// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Looks at a loop's streams in turn for those on which nothing has come for long.
///
/// Each is looked at four times in the time that it has to be quiet for, a few at each tick, so that
/// no tick takes long and no stream has a timer. There are no ticks while no stream has a receive
/// that could be exchanged.
final class QuietSweep: OperationOwner {
  private unowned let loop: CompletionLoop
  private let pause: Duration
  /// The tick of the round, from 0.
  private var tick = 0
  /// The next place in the registry.
  ///
  /// Never goes back in a round, so that no stream is looked at twice in one. A stream that moves to
  /// another place may be missed in one.
  private var hand = 0
  /// Whether a stream was seen in this round that may become quiet.
  private var isNeeded = false
  /// The wait for the next tick.
  private(set) var wait: WaitID?

  /// Looks between which nothing must have come, behind the one that sees the last bytes.
  static var quietLookCount: UInt8 { 4 }

  /// Ticks in which all are looked at once.
  private static var ticksOfRound: Int { 16 }

  /// - Parameters:
  ///   - loop: The loop.
  ///   - time: How long nothing must have come on a stream.
  init(of loop: CompletionLoop, after time: Duration) {
    self.loop = loop
    pause = max(time / (Int(Self.quietLookCount) * Self.ticksOfRound), .microseconds(1))
    super.init()
  }

  /// Begins to look, because a stream receives.
  func begin() {
    // The stream's place may be behind the hand already.
    isNeeded = true
    guard wait == nil, !loop.isStopping else { return }
    wait = loop.openWait(for: self, timeout: pause)
  }

  /// Ends looking, because there is no stream any more.
  func end() {
    guard let wait else { return }
    self.wait = nil
    loop.discard(wait)
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    end()
    guard cause == .timedOut, !loop.isStopping, look() else { return }
    self.wait = loop.openWait(for: self, timeout: pause)
  }

  /// Looks at a part of the streams.
  ///
  /// - Returns: Whether there is more to look at.
  private func look() -> Bool {
    let registry = loop.registry
    tick += 1
    let end = registry.count * tick / Self.ticksOfRound
    while hand < end {
      if registry[hand].lookForQuiet() { isNeeded = true }
      hand += 1
    }
    guard tick == Self.ticksOfRound else { return true }
    defer { (tick, hand, isNeeded) = (0, 0, false) }
    return isNeeded
  }
}

/// Those for whom a stream marks that bytes have come.
struct ReceivedMarks: OptionSet {
  let rawValue: UInt8

  /// The ``IdleWatch``.
  static var idle: Self { Self(rawValue: 1) }
  /// The ``QuietSweep``.
  static var quiet: Self { Self(rawValue: 2) }
  static var all: Self { Self(rawValue: 3) }
}

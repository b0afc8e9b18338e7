// SPDX-License-Identifier: Apache-2.0

#if NIO
/// The end of a group, and those who are told of it in the order in which they have asked.
struct GroupEnding {
  private enum State {
    case running
    case ending
    case ended
  }

  /// What whoever asks for the end has to do.
  enum Step {
    /// Nothing: the end has begun.
    case wait
    case begin
    /// The end is behind: whoever asks is told at once.
    case tell
  }

  private var state = State.running
  private var waiting: [@Sendable () -> Void] = []

  /// Takes note of somebody who asks for the end.
  mutating func add(_ tell: @escaping @Sendable () -> Void) -> Step {
    switch state {
    case .running:
      state = .ending
      waiting.append(tell)
      return .begin
    case .ending:
      waiting.append(tell)
      return .wait
    case .ended:
      return .tell
    }
  }

  /// Takes note of the end.
  ///
  /// - Returns: Those who are to be told, in order.
  mutating func end() -> [@Sendable () -> Void] {
    state = .ended
    let told = waiting
    waiting = []
    return told
  }
}
#endif

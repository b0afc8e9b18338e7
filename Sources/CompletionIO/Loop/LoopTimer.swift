// SPDX-License-Identifier: Apache-2.0

/// A timer of a framework's own, on a loop's clock.
///
/// Costs the kernel nothing: the loop's next wait ends in time.
public final class LoopTimer: OperationOwner, @unchecked Sendable {
  // Unchecked: `wait` is used on the loop's thread only, the rest never changes.

  /// The loop that the timer belongs to.
  public let loop: CompletionLoop
  private let body: @Sendable () -> Void
  private var wait: WaitID?

  /// Makes a timer, which is not running.
  ///
  /// - Parameters:
  ///   - loop: The loop whose clock it follows.
  ///   - body: Called on the loop's thread each time that the timer ends.
  public init(on loop: CompletionLoop, _ body: @escaping @Sendable () -> Void) {
    self.loop = loop
    self.body = body
    super.init()
  }

  /// Starts the timer, or starts it anew; may be called on any thread.
  ///
  /// A loop that is stopping runs no timers.
  ///
  /// - Parameter duration: How long it runs, at least.
  /// - Complexity: O(1), however many timers there are.
  public func start(_ duration: Duration) {
    loop.perform { [self] in
      remove()
      guard !loop.isStopping else { return }
      loop.registry.add(self)
      wait = loop.openWait(for: self, timeout: duration)
    }
  }

  /// Stops the timer, so that its body is not called any more.
  ///
  /// May be called on any thread.
  public func cancel() {
    loop.perform { [self] in remove() }
  }

  private func remove() {
    guard let wait else { return }
    self.wait = nil
    loop.discard(wait)
    loop.registry.remove(self)
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    // The registry may have the last reference to the timer.
    let body = body
    remove()
    if cause == .timedOut { body() }
  }

  override func stop() {
    remove()
  }
}

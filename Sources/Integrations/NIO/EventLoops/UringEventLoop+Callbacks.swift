// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import Synchronization

// Callbacks at an instant: what NIO offers beside tasks, for handlers that are objects.
extension UringEventLoop {
  /// Has a handler called at an instant.
  ///
  /// - Parameters:
  ///   - deadline: When, at the earliest.
  ///   - handler: Is told of the instant, or that the callback was cancelled or the loop stops.
  /// - Returns: What cancels it.
  @discardableResult
  public func scheduleCallback(
    at deadline: NIODeadline, handler: some (NIOScheduledCallbackHandler & Sendable)
  ) -> NIOScheduledCallback {
    let id = callbacks.makeID()
    let scheduled = ScheduledTask(on: loop) { [self] in
      callbacks.remove(id)
      handler.handleScheduledCallback(eventLoop: self)
    } fail: { [self] _ in
      callbacks.remove(id)
      handler.didCancelScheduledCallback(eventLoop: self)
    }
    loop.perform { [callbacks] in
      callbacks.add(scheduled, id)
      scheduled.start(at: deadline)
    }
    return NIOScheduledCallback(self, id: id)
  }

  /// Cancels a callback and tells its handler so, unless it has been called.
  ///
  /// - Parameter callback: Of this loop.
  public func cancelScheduledCallback(_ callback: NIOScheduledCallback) {
    guard let id = callback.customCallbackID else { return }
    loop.perform { [callbacks] in callbacks.task(id)?.fail(EventLoopError.cancelled) }
  }
}

/// The callbacks of a loop that have neither been called nor cancelled.
final class ScheduledCallbacks: @unchecked Sendable {
  // Unchecked: the table is used on the loop's thread only.

  private let lastID = Atomic<UInt64>(0)
  private var tasks: [UInt64: ScheduledTask] = [:]

  func makeID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

  func add(_ task: ScheduledTask, _ id: UInt64) { tasks[id] = task }

  func task(_ id: UInt64) -> ScheduledTask? { tasks[id] }

  func remove(_ id: UInt64) { tasks[id] = nil }
}
#endif

// SPDX-License-Identifier: Apache-2.0

public import Uring

/// A connected stream socket, TCP or Unix-domain, for tasks.
///
/// ```swift
/// while let chunk = try await connection.receive() {
///   try await connection.send(chunk.bytes)
/// }
/// ```
///
/// One task may receive while others send; sends of several tasks go out one after the other, each
/// whole. A task that runs on the connection's loop pays no thread change; others may use the
/// connection too, more slowly. A connection that is dropped is closed.
///
/// A send that was cut short, by its deadline or by the cancellation of its task, leaves a part of
/// its bytes on the way: what is sent next comes right behind them.
public final class StreamConnection: @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  /// The loop that the connection belongs to.
  public var loop: CompletionLoop { stream.loop }
  let stream: SocketStream
  /// The job of the task that serves the connection, to be compared with the loop's current one; 0
  /// for none.
  var ownerJob: UInt = 0
  /// The wait of that task.
  private(set) var ownerWait = WaitID.none
  /// Whose task that is, and the connection's place there.
  var session: ServedTasks?
  private let shortPlace: UInt32

  init(_ stream: SocketStream, servedBy session: ServedTasks? = nil, at place: Int = 0) {
    self.stream = stream
    self.session = session
    shortPlace = UInt32(place)
  }

  /// The place in the session; a loop has fewer than 2³² connections.
  var place: Int { Int(shortPlace) }

  deinit {
    stream.close()
  }

  /// The other end's address when the connection was made; `nil` where the kernel did not tell.
  public var peerAddress: SocketAddress? { stream.peerAddress }

  /// The connection's own address; `nil` where the kernel did not tell.
  public var localAddress: SocketAddress? { stream.localAddress }

  /// Sets what to do when the kernel says "not now" to an operation of this connection.
  ///
  /// - Parameter policy: Takes effect with the next operation.
  public func setPolicy(_ policy: ResubmissionPolicy) {
    stream.onLoop { $0.policy = policy }
  }

  /// Whether the calling task owns the connection, so that whoever cancels it ends its waits.
  var isOwnersTask: Bool {
    ownerJob != 0 && ownerJob == stream.loop.currentJob
  }

  /// Lets other tasks go on, when this one has had many results in a row without a wait.
  ///
  /// A task that ignores the end of a stream would keep the loop from everything else.
  nonisolated(nonsending) func letOthersGoOn() async {
    stream.atOnceCount = 0
    await stream.loop.passTurn()
  }

  /// Whether so many results came in a row without a wait that others must go on first; on the
  /// loop's thread, because elsewhere the way to the loop lets them.
  @inline(__always)
  var mustLetOthersGoOn: Bool { stream.atOnceCount >= 64 }
}

// Waiting, for the task that owns the connection at a lower price than for others.
extension StreamConnection {
  /// Suspends the calling task until a wait is over, and takes its result; on the loop's thread.
  nonisolated(nonsending) func result(of wait: WaitID, isOwner: Bool) async -> WaitResult {
    if isOwner {
      if mayPark(until: wait) { await stream.loop.parking.park() }
    } else {
      await stream.loop.suspend(for: wait)
    }
    if stream.loop.isCurrent { return takeOwn(wait) }
    return await stream.loop.isolation.run { _ in self.takeOwn(wait) }
  }

  /// Readies the owner's task for parking; `false` if its wait is over already.
  func mayPark(until wait: WaitID) -> Bool {
    if Task.isCancelled {
      stream.isOwnerCancelled = true
      stream.loop.cancel(wait, because: .cancelled)
    }
    if stream.loop.hasDeadlines { limitByDeadline(wait) }
    guard stream.loop.core.waits.isOpen(wait) else { return false }
    ownerWait = wait
    stream.loop.prepareToPark(wait)
    return true
  }

  @inline(never)
  private func limitByDeadline(_ wait: WaitID) {
    stream.loop.limitByDeadline(wait)
  }

  /// Whether the deadline of the calling task has passed.
  @inline(never)
  func isPastDeadline() -> Bool { stream.loop.isPastTaskDeadline }

  /// Takes the result of a wait that is over; on the loop's thread.
  @inline(__always)
  func takeOwn(_ wait: WaitID) -> WaitResult {
    if ownerWait == wait { ownerWait = .none }
    return stream.loop.take(wait)
  }

  /// Ends what the owner waits for, now and later, because its task is cancelled.
  func cancelOwner() {
    stream.isOwnerCancelled = true
    // Its peer may never read what is queued.
    if stream.closing == .draining || stream.closing == .lingering { stream.stopOperations() }
    stream.loop.cancel(ownerWait, because: stream.cancellation)
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Calls of a loop's members: streams, listeners.
extension CompletionLoop {
  /// Whether an accept stays armed on this loop's kernel.
  package var acceptsMultishot: Bool { core.forms.acceptMultishot }

  /// Whether a receive stays armed on this loop's kernel.
  package var receivesMultishot: Bool { core.forms.receiveMultishot }

  /// Has the loop notify a member before it submits next, when everything of the last batch is
  /// there.
  ///
  /// Without a reference of its own, because a reference costs each message two atomic operations:
  /// the member stays in the registry until it was notified.
  @inline(__always)
  func enlist(_ member: OperationOwner) {
    enlisted.append(member)
  }

  /// Notifies the members that have asked for it, those that ask meanwhile too.
  func runEnlisted() {
    while !enlisted.isEmpty { notifyFirstEnlisted() }
    if !core.turnTakers.isEmpty { runTurnTakers() }
  }

  /// Puts an operation of a member on its way.
  ///
  /// - Returns: The operation's identifier; `nil` if the table is full or the loop has ended.
  func begin(
    _ request: Request, policy: ResubmissionPolicy, facts: Answer.Facts = [],
    timeout: Duration? = nil, context: UInt = 0, owner: OperationOwner?
  ) -> Token? {
    guard !hasEnded else { return nil }
    let token = core.start(
      request, policy: policy, facts: facts, timeout: timeout, context: context, owner: owner)
    // All others have been asked to end already.
    if isStopping, let token { core.cancel(token) }
    return token
  }

  /// Closes a descriptor with the next batch, or at once when there will be none.
  package func close(_ descriptor: Descriptor) {
    guard !hasEnded else {
      // A direct one has gone with its table.
      if let descriptor = descriptor.fileDescriptor { socketCalls.close(descriptor) }
      return
    }
    core.post(.close(descriptor))
  }

  /// Closes a descriptor and notifies a member when its number is free.
  ///
  /// - Returns: Whether the member will be notified; if not, the descriptor is closed already, or a
  ///   place in a direct table behind whose close every later accept comes.
  package func beginClose(_ descriptor: Descriptor, owner: OperationOwner) -> Bool {
    if !hasEnded {
      let token = core.start(.close(descriptor), policy: .completion, owner: owner)
      core.wakeDescriptorLine()
      if token != nil { return true }
    }
    if let descriptor = descriptor.fileDescriptor {
      closeNow(descriptor)
    } else {
      close(descriptor)
    }
    return false
  }

  /// Notifies a member once the flight table has room again, before the loop's next wait.
  func notifyOfRoom(_ member: OperationOwner) {
    core.roomWaiters.append(member)
  }

  /// Forgets a member that was to be notified of room.
  func forgetRoom(_ member: OperationOwner) {
    core.roomWaiters.remove(member)
  }

  /// Notifies those that wait for room, as many as wait now.
  func runRoomWaiters() {
    var count = core.roomWaiters.count
    while count > 0, !core.roomWaiters.isEmpty, operationCount < configuration.flightLimit {
      notifyFirstRoomWaiter()
      count -= 1
    }
  }

  /// Closes a descriptor that no request uses any more, at the price of a system call.
  package func closeNow(_ descriptor: FileDescriptor) {
    socketCalls.close(descriptor)
    if !hasEnded { core.wakeDescriptorLine() }
  }
}

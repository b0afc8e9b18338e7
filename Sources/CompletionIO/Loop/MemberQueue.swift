// SPDX-License-Identifier: Apache-2.0

/// Members of a loop that have asked to be notified, in order.
///
/// Without references of its own, because a reference costs each message two atomic operations: a
/// member stays in the loop's registry until it was notified, or removes itself.
@safe
struct MemberQueue: ~Copyable {
  private var members = unsafe RingQueue<Unmanaged<OperationOwner>>()

  var isEmpty: Bool { unsafe members.isEmpty }

  var count: Int { unsafe members.count }

  mutating func append(_ member: OperationOwner) {
    unsafe members.append(Unmanaged.passUnretained(member))
  }

  /// Removes a member, if it is in the queue.
  ///
  /// - Complexity: O(n)
  mutating func remove(_ member: OperationOwner) {
    let address = unsafe Unmanaged.passUnretained(member).toOpaque()
    for offset in 0..<count where unsafe members[offset].toOpaque() == address {
      _ = unsafe members.remove(at: offset)
      return
    }
  }

  mutating func removeFirst() -> Unmanaged<OperationOwner> {
    unsafe members.removeFirst()
  }
}

extension CompletionLoop {
  /// Notifies the member that has asked first for a turn.
  func notifyFirstEnlisted() {
    unsafe enlisted.removeFirst()._withUnsafeGuaranteedRef { $0.beforeSubmit() }
  }

  /// Notifies the member that has waited longest for room.
  func notifyFirstRoomWaiter() {
    // With a reference, because a listener may be closed by whom it gives a connection.
    unsafe core.roomWaiters.removeFirst().takeUnretainedValue().beforeSubmit()
  }
}

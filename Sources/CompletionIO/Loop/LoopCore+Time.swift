// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension LoopCore {
  /// Turns timeouts that were asked for since the last turn into times.
  mutating func resolveTimeouts<K: Kernel & ~Copyable>(_ kernel: borrowing K) {
    let now = kernel.now
    for fresh in freshTimeouts {
      let sum = (fresh.isInstant ? 0 : now).addingReportingOverflow(fresh.nanoseconds)
      let time = sum.overflow ? UInt64.max - 1 : sum.partialValue
      switch fresh.subject {
      case .flight(let token):
        guard let slot = table.slot(for: token) else { continue }
        table[restOf: slot].deadline = time
        timers.schedule(slot, at: time)
      case .wait(let id):
        guard waits.isOpen(id) else { continue }
        // A wait may have a timeout and a deadline.
        timers.advance(.wait(Int(id.slot)), to: time)
      }
    }
    freshTimeouts.removeAll(keepingCapacity: true)
  }

  /// Handles every flight whose time has come, up to the first wait whose time has come too.
  ///
  /// - Returns: That wait, to be ended by whoever may run code of its owner; `nil` if there is none.
  mutating func handleDueTimers(at now: UInt64) -> WaitID? {
    while let key = timers.popDue(at: now) {
      switch key {
      case .flight(let slot): handleDueFlight(slot, at: now)
      case .wait(let slot):
        guard let id = waits.open(at: slot) else { continue }
        statistics.deadlines += 1
        return id
      }
    }
    return nil
  }

  private mutating func handleDueFlight(_ slot: Int, at now: UInt64) {
    let deadline = table[restOf: slot].deadline
    guard deadline != 0, deadline <= now else { return goOn(slot) }
    statistics.deadlines += 1
    table[restOf: slot].deadline = FlightRest.passedDeadline
    // One that is to end already is here for its cancel, which missed it.
    if table[slot].facts.contains(.cancelRequested) { goOn(slot) } else { requestCancel(of: slot) }
  }

  /// Lets a flight go on after a pause.
  private mutating func goOn(_ slot: Int) {
    switch table[slot].state {
    case .inKernel:
      cancelAgain(slot)
    case .queued:
      break  // Its cancel missed it; it ends when its turn in the backlog comes.
    case .awaitingDescriptor:
      descriptorLine.remove(slot)
      enqueue(slot)
    case .pausing:
      enqueue(slot)
    case .awaitingBuffer, .free:
      preconditionFailure("slot \(slot) has no pause")
    }
  }

  /// How long a wait may last; `nil` for as long as it takes.
  mutating func waitLimit(at now: @autoclosure () -> UInt64) -> Duration? {
    guard let time = timers.nextTime else { return nil }
    let current = now()
    return time <= current ? .zero : .nanoseconds(Int64(clamping: time - current))
  }
}

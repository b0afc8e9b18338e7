// SPDX-License-Identifier: Apache-2.0

package import ReadinessIO
package import SystemPackage
internal import Uring

// Watching sockets, and waiting for news of them.
extension SimulatedCalls {
  package func watch(_ descriptor: Int32, again: Bool) -> Int32 {
    enterKernel()
    // A real file, such as the loop's event descriptor, to which nothing comes here.
    guard descriptor >= machine.descriptors.base else { return 0 }
    guard let socket = ring.socket(Self.file(descriptor)) else {
      return -Errno.badFileDescriptor.rawValue
    }
    if let error = machine.faults.watchError() { return -error.rawValue }
    let known = entry(of: descriptor, socket)
    if known != nil, !again {
      machine.report("descriptor \(descriptor) is watched, and is again as if it was not")
      return -Errno.fileExists.rawValue
    }
    let watch = known ?? SimulatedWatch(self, socket, descriptor)
    if known == nil {
      watches.append(watch)
      socket.watches.append(watch)
    }
    machine.trace.note(at: now, "descriptor \(descriptor) is watched")
    // What is there already is told, too (ep_insert, ep_modify).
    if !watch.readiness.isEmpty { watch.tell() }
    return 0
  }

  package func unwatch(_ descriptor: Int32) {
    enterKernel()
    guard let socket = machine.descriptors[descriptor] else { return }
    entry(of: descriptor, socket)?.end()
  }

  private func entry(of number: Int32, _ socket: SimulatedSocket) -> SimulatedWatch? {
    socket.watches.first { $0.number == number && $0.calls === self }
  }

  // MARK: Waiting

  /// Sockets that one wait tells of at most; the next one begins with the rest.
  private static var eventLimit: Int { 16 }

  package func wait(into events: inout [ReadinessEvent], timeout: Duration?) throws(Errno) {
    events.removeAll(keepingCapacity: true)
    machine.enterCount += 1
    machine.busyEnterCount += 1
    isWaiting = false
    enterKernel()
    let limit = timeout.map { now + UInt64(max(0, $0.clampedNanoseconds)) } ?? .max
    if arrived.isEmpty, limit > now, let error = machine.faults.enterError(where: Self.canFail) {
      machine.trace.note(at: now, "wait fails: \(error)")
      throw error
    }
    addSpurious(to: &events)
    while true {
      collect(into: &events)
      guard events.isEmpty, limit > now else { return }
      guard !machine.isDriven else {
        machine.busyEnterCount -= 1
        isWaiting = true
        wakeTime = limit
        return
      }
      guard let next = machine.nextEventTime, next <= limit else {
        // Forever, where nothing will ever happen, is a moment here.
        return machine.advance(to: limit == .max ? now : limit)
      }
      machine.advance(to: next)
    }
  }

  private static func canFail(_ error: Errno) -> Bool {
    error == .interrupted || error == .noMemory
  }

  /// Tells of what has arrived.
  private func collect(into events: inout [ReadinessEvent]) {
    while !arrived.isEmpty, events.count < Self.eventLimit {
      if arrived.count > 1, machine.faults.strikes(.reordering) {
        arrived.moveToFront(machine.faults.below(arrived.count))
      }
      let watch = arrived.removeFirst()
      watch.isInLine = false
      guard !watch.isOver else { continue }
      // Somebody else may have taken it (ep_send_events).
      let readiness = watch.readiness
      guard !readiness.isEmpty else { continue }
      append(ReadinessEvent(token: UInt64(watch.number), readiness: readiness), to: &events)
    }
  }

  /// Tells of a socket to which nothing has come: what had come, another process has taken.
  private func addSpurious(to events: inout [ReadinessEvent]) {
    guard !watches.isEmpty, machine.faults.strikes(.spuriousReadiness) else { return }
    let watch = watches[machine.faults.below(watches.count)]
    guard !watch.isInLine, watch.socket.state != .connecting else { return }
    let readiness = watch.readiness.union(.readable)
    append(ReadinessEvent(token: UInt64(watch.number), readiness: readiness), to: &events)
  }

  private func append(_ event: ReadinessEvent, to events: inout [ReadinessEvent]) {
    machine.mix(event.token << 32 | UInt64(event.readiness.rawValue))
    machine.trace.note(at: now, "descriptor \(event.token) is ready: \(event.readiness.rawValue)")
    events.append(event)
  }
}

// SPDX-License-Identifier: Apache-2.0

package import SystemPackage
package import Uring

extension SimulatedRing: Kernel {
  package var now: UInt64 { machine.now }

  package func enter(
    minimumCompletionCount: Int, timeout: Duration?, minimumWait: Duration?
  ) throws(Errno) -> Int {
    machine.enterCount += 1
    machine.busyEnterCount += 1
    machine.now += Self.enterCost
    isWaiting = false
    if let error = machine.faults.enterError(where: canFail) {
      machine.trace.note(at: now, "enter fails: \(error)")
      throw error
    }
    let taken = takePrepared()
    issue(taken)
    machine.runDueEvents()
    bringIn()
    run(atMost: max(Self.workLimit, minimumCompletionCount))
    // A kernel that has taken only a part does not wait.
    if minimumCompletionCount > 0, prepared.isEmpty {
      wait(for: minimumCompletionCount, atMost: timeout)
    }
    return taken.count
  }

  /// The cost of a system call, in nanoseconds.
  static var enterCost: UInt64 { 1000 }

  /// Pieces of put-off work that one enter does (`IO_LOCAL_TW_DEFAULT_MAX`, Linux 6.13).
  static var workLimit: Int { 20 }

  /// Whether a kernel could fail like this now.
  private func canFail(_ error: Errno) -> Bool {
    switch error {
    // A wait that is interrupted after something was submitted or found says so instead.
    case .interrupted: prepared.isEmpty && completions.isEmpty
    case .resourceTemporarilyUnavailable, .noMemory: !prepared.isEmpty
    case .resourceBusy: hasOverflow
    default: true
    }
  }

  private func wait(for count: Int, atMost timeout: Duration?) {
    let limit = timeout.map { now + UInt64($0.clampedNanoseconds) } ?? .max
    guard !machine.isDriven else {
      isWaiting = completions.isEmpty && work.isEmpty
      if isWaiting { machine.busyEnterCount -= 1 }
      wakeTime = limit
      return
    }
    while completions.count < count {
      if !work.isEmpty {
        run(atMost: Self.workLimit)
      } else if let next = machine.nextEventTime, next <= limit {
        machine.advance(to: next)
      } else {
        // Forever, where nothing will ever happen, is a moment here.
        return machine.advance(to: limit == .max ? now : limit)
      }
    }
  }

  @unsafe
  package func reap(into batch: UnsafeMutableBufferPointer<Completion>) -> Int {
    let count = min(batch.count, completions.count)
    for index in 0..<count { unsafe batch[index] = completions.removeFirst() }
    return count
  }

  package func pause(for duration: Duration) {
    machine.advance(to: now + UInt64(duration.clampedNanoseconds))
  }

  package func shutdown(_ descriptor: Descriptor, direction: Int32) -> Int32 {
    guard let socket = socket(descriptor) else { return -Errno.badFileDescriptor.rawValue }
    return socket.shutDown(direction)
  }

  package func connectWithoutWaiting(_ request: Request) -> Int32 {
    guard let socket = socket(request.descriptor), let address = request.peerAddress else {
      return -Errno.badFileDescriptor.rawValue
    }
    return socket.startConnecting(to: address)
  }

  package func pendingError(of descriptor: Descriptor) -> Int32 {
    guard let socket = socket(descriptor) else { return -Errno.badFileDescriptor.rawValue }
    return -socket.takeError()
  }

  /// The socket that a number means now.
  func socket(_ descriptor: Descriptor) -> SimulatedSocket? {
    let number = descriptor.rawValue
    let socket = descriptor.isDirect ? directTable[number] : machine.descriptors[number]
    if socket == nil { machine.report("\(descriptor) is used and is not open") }
    return socket
  }
}

internal import SystemPackage
internal import Uring

extension LoopCore {
  /// Handles every flight whose time has come.
  mutating func handleDueTimers(at now: UInt64) {
    while let slot = timers.popDue(at: now) {
      if table[slot].request.operation == .timer {
        endWithoutKernel(slot, result: 0)
      } else if table[slot].deadline != 0, table[slot].deadline <= now {
        statistics.deadlines += 1
        table[slot].deadline = Flight.passedDeadline
        // One that is to end already is here for its cancel, which missed it.
        if table[slot].facts.contains(.cancelRequested) {
          goOn(slot)
        } else {
          requestCancel(of: slot)
        }
      } else {
        goOn(slot)
      }
    }
  }

  /// What a flight waited for has come: the end of a pause.
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

  /// Gives returned buffers to the kernel, and lets as many waiting receives try again as there
  /// are buffers.
  mutating func feedBuffers<K: Kernel & ~Copyable>(from pool: BufferPool, to kernel: inout K) {
    pool.kernelLimit = fill.bufferLimit
    if !refusals.buffers.isEmpty { kernel.pause(for: refusals.giveBack(to: pool)) }
    if pool.hasReturned { kernel.provide(from: pool) }
    guard !bufferLine.isEmpty else { return }
    var available = pool.kernelCount
    while available > 0, !bufferLine.isEmpty {
      let slot = bufferLine.removeFirst()
      enqueue(slot)
      available -= 1
    }
  }

  /// Whether a receive waits in line although there is a buffer: those that were let go on before
  /// it have not taken it, or it has come back since.
  func hasBufferForWaiter(in pool: BufferPool) -> Bool {
    !bufferLine.isEmpty && pool.availableCount > 0
  }

  /// How long a wait may last; `nil` for as long as it takes.
  func waitLimit(at now: @autoclosure () -> UInt64) -> Duration? {
    guard let time = timers.nextTime else { return nil }
    let current = now()
    return time <= current ? .zero : .nanoseconds(Int64(clamping: time - current))
  }
}

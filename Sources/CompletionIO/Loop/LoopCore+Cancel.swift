// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Cancelling operations.
extension LoopCore {
  /// Cancels an operation; its owner still hears of its end, once.
  mutating func cancel(_ token: Token) {
    guard let slot = table.slot(for: token) else { return }
    requestCancel(of: slot)
  }

  /// Ends a flight that is not with the kernel, and asks the kernel to cancel one that is.
  mutating func requestCancel(of slot: Int) {
    guard !table[slot].facts.contains(.cancelRequested) else { return }
    table[slot].facts.insert(.cancelRequested)
    switch table[slot].state {
    case .inKernel:
      controls.append(.cancel(table.token(of: slot)))
      if table[slot].phase == .notification { freeMemory(of: slot) }
    case .queued:
      break  // It ends when its turn in the backlog comes.
    case .pausing:
      timers.remove(slot)
      endWithoutKernel(slot, result: -Errno.canceled.rawValue)
    case .awaitingBuffer:
      timers.remove(slot)
      if isOfStreamPool(slot) { streamBufferLine.remove(slot) } else { bufferLine.remove(slot) }
      endWithoutKernel(slot, result: -Errno.canceled.rawValue)
    case .awaitingDescriptor:
      timers.remove(slot)
      descriptorLine.remove(slot)
      endWithoutKernel(slot, result: -Errno.canceled.rawValue)
    case .free:
      preconditionFailure("slot \(slot) is free")
    }
  }

  /// Sends the cancel of an operation again, if the operation is still with the kernel.
  mutating func cancelAgain(_ slot: Int) {
    guard table[slot].state == .inKernel, table[slot].facts.contains(.cancelRequested)
    else { return }
    statistics.repeatedCancels += 1
    controls.append(.cancel(table.token(of: slot)))
  }

  /// Has the kernel let go of the memory of a zero-copy send that is to end, if its owner wants it so.
  ///
  /// Nothing cancels the notification: a peer that does not read would keep the memory for as long as
  /// it likes.
  mutating func freeMemory(of slot: Int) {
    guard table[slot].facts.contains(.resetsForMemory) else { return }
    controls.append(.disconnect(table[slot].request.descriptor))
  }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CompletionIO
@testable import Uring

// What must hold after every turn.
extension SoakWorld {
  func checkInvariants() {
    checkFlights()
    checkBuffers()
    if recorded.count != startedCount - endedCount { fail("an operation is forgotten") }
    for socket in sockets where socket.closeCount > 0 { checkEnd(of: socket) }
    sockets.removeAll { $0.closeCount > 0 }
  }

  /// A stream that was not aborted has sent back everything.
  private func checkEnd(of socket: SoakSocket) {
    let isWhole = socket.isAborted || socket.echoedCount == socket.byteCount
    if !isWhole { fail("socket \(socket.number) echoed \(socket.echoedCount) bytes") }
    if !socket.held.isEmpty { release(socket) }
  }

  /// Every flight is in exactly the place that its state names.
  private func checkFlights() {
    let loop = fixture.loop
    var counts: [Flight.State: Int] = [:]
    var live = Set<Token>()
    for slot in loop.core.table.slots {
      let flight = loop.core.table[slot]
      counts[flight.state, default: 0] += 1
      if flight.state == .inKernel { live.insert(loop.core.table.token(of: slot)) }
    }
    let total = counts.values.reduce(0, +) - counts[.free, default: 0]
    if total != fixture.loop.operationCount { fail("\(total) flights are not the table's count") }
    if counts[.queued, default: 0] != loop.core.backlog.count { fail("backlog") }
    if counts[.awaitingBuffer, default: 0] != loop.core.bufferLine.count {
      fail("the line for buffers")
    }
    if counts[.awaitingDescriptor, default: 0] != loop.core.descriptorLine.count {
      fail("the line for descriptors")
    }
    var answers = Set(kernel.pending.map(\.token))
    answers.formUnion(kernel.prepared.map(\.token))
    answers.formUnion(kernel.completions.map(\.token))
    answers.formUnion(loop.core.ended.map(\.token))
    if let lost = live.first(where: { !answers.contains($0) }) { fail("\(lost) is lost") }
    if let armed = kernel.pending.first(where: { !live.contains($0.token) }) {
      fail("\(armed.token) is with the kernel and with nobody else")
    }
  }

  /// Every buffer is in one place.
  private func checkBuffers() {
    let underway = kernel.completions.compactMap(\.bufferIndex)
    let count = kernel.buffers.count + underway.count + pool.returnedCount + pool.leasedCount
    if count != pool.capacity { fail("\(count) buffers of \(pool.capacity)") }
    if Set(kernel.buffers + underway).count != kernel.buffers.count + underway.count {
      fail("a buffer is in two places")
    }
  }
}

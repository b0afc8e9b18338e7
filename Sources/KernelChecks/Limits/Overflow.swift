// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension KernelCheck {
  /// IORING_FEAT_NODROP.
  static let overflow = KernelCheck(
    "overflow", .limits, "Completions beyond the queue's size are kept and come in order.",
    since: "5.5", without: "No loop can be made.", tier: .oneShot, needs: [.noDrop]
  ) { context throws(Finding) in
    let ring = try context.ring(flags: .usual, entries: 4, completions: 4)
    for start in stride(from: UInt64(0), to: 12, by: 4) {
      try ring.push((start..<start + 4).map { .nop.tagged(100 + $0) })
      try expect(ring.enterOnce() == 4, "no more requests are taken")
    }
    try expect(ring.hasOverflow, "does not tell of completions outside the queue")
    let all = try ring.wait(12)
    try expect(all.tokens == Array(100..<112), "\(all.tokens)")
    try expect(ring.droppedCount == 0, "drops \(ring.droppedCount)")
  }

  /// A full queue is the end of a multishot request.
  static let overflowEndsMultishot = KernelCheck(
    "overflow-ends-multishot", .limits,
    "A full queue ends a multishot receive, which says so, and no byte is lost.",
    since: "6.0", without: "Receives complete once.", tier: .full,
    needs: [.receiveMultishot, .bufferRing, .noDrop]
  ) { context throws(Finding) in
    let ring = try context.ring(flags: .usual, entries: 4, completions: 4)
    let group = try ring.bufferGroup(capacity: 16, filled: 16)
    let (near, far) = try ring.pair(.unixDatagram)
    try ring.arm(.receive(near, group: group.id, start: RawRequest.Start.multishot))
    for number in 0..<8 { try far.write("\(number)") }
    var found: [RawCompletion] = []
    for _ in 0..<4 { found += ring.arrived() }
    try expect(!found.isEmpty && found.dropLast().allSatisfy(\.isArmed), "\(found)")
    let texts = found.map { group.text($0.buffer ?? 0, count: $0.result) }
    try expect(texts == (0..<found.count).map(String.init), "receives \(texts)")
    var stayed = 0
    while case .bytes = near.read() { stayed += 1 }
    try expect(found.count + stayed == 8, "\(found.count) received, \(stayed) stay, of 8")
    try expect(found.last?.isArmed == false, "it stays armed: \(found)")
    context.note = "\(found.count) of 8 datagrams received, \(stayed) stayed in the socket"
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// IORING_SETUP_DEFER_TASKRUN and _TASKRUN_FLAG.
  static let deferTaskrun = KernelCheck(
    "defer-taskrun", .waiting,
    "Completions are made when the owner enters, and a flag tells that there are some to make.",
    since: "6.1", without: "Completions interrupt the owner.", tier: .full,
    needs: [.deferTaskrun, .taskrunFlag]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    try ring.arm(.receive(near, into: ring.memory(), count: 8))
    try expect(!ring.hasPendingWork, "tells of work before there is any")
    try far.write("hello")
    try expect(ring.readyCount == 0, "completes without an enter")
    try expect(ring.hasPendingWork, "does not tell of work")
    try expect(try ring.only().result == 5, "does not complete in an enter")
  }

  /// Ten facts, 2: how much of the work one enter does.
  static let turnCap = KernelCheck(
    "turn-cap", .waiting,
    "One enter makes at most 20 completions, or as many as it waits for.",
    since: "6.13", without: "Nothing: an enter makes all of them.", needs: [.deferTaskrun]
  ) { context throws(Finding) in
    let ring = try context.ring()
    var sockets: [(near: TestSocket, far: TestSocket)] = []
    for _ in 0..<48 { sockets.append(try ring.pair()) }
    let memory = try ring.memory()
    func counts(waitingFor count: Int) throws(Finding) -> [Int] {
      for (index, (near, _)) in sockets.enumerated() {
        try ring.push([.receive(near, into: memory, count: 8).tagged(UInt64(100 + index))])
      }
      try expect(ring.enterOnce() == 48, "the receives are not taken")
      try expect(ring.reap().isEmpty, "the receives complete at once")
      for (_, far) in sockets { try far.write("x") }
      var counts: [Int] = []
      while counts.reduce(0, +) < 48, counts.last != 0 {
        let left = 48 - counts.reduce(0, +)
        _ = ring.enterOnce(waitFor: min(count, left))
        counts.append(ring.reap().count)
      }
      return counts
    }
    let one = try counts(waitingFor: 1)
    let forty = try counts(waitingFor: 40)
    if one == [48] { throw .absent("one enter makes all 48") }
    try expect(one == [20, 20, 8], "waiting for 1: \(one)")
    try expect(forty == [40, 8], "waiting for 40: \(forty)")
    context.note = "48 ready: \(one) waiting for 1, \(forty) waiting for 40"
  }

  /// IORING_SETUP_COOP_TASKRUN.
  static let coopTaskrun = KernelCheck(
    "coop-taskrun", .waiting,
    "Completions do not interrupt; they are made at the owner's next system call.",
    since: "5.19", without: "Completions interrupt the owner.", tier: .degraded,
    needs: [.coopTaskrun]
  ) { context throws(Finding) in
    let ring = try context.ring(flags: [.coopTaskrun, .taskrunFlag])
    let (near, far) = try ring.pair()
    try ring.arm(.receive(near, into: ring.memory(), count: 8))
    try far.write("hello")
    // The write itself was a system call of the owner's.
    try expect(ring.readyCount == 1, "does not complete with the owner's system call")
    try expect(try ring.only().result == 5, "receives something else")
  }

  /// IORING_SETUP_SINGLE_ISSUER.
  static let singleIssuer = KernelCheck(
    "single-issuer", .waiting,
    "A ring of one thread refuses requests of another one with -EEXIST.",
    since: "6.0", without: "The loop's own assertion finds the mistake.", tier: .full,
    needs: [.singleIssuer]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let number = ring.descriptor
    try CheckThread.run { _ throws(Finding) in
      let result = RawRing.enter(on: number, submitting: 1)
      try expect(result == -Errno.fileExists.rawValue, "io_uring_enter gives \(result)")
    }
  }

  /// IORING_SETUP_SUBMIT_ALL.
  static let submitAll = KernelCheck(
    "submit-all", .waiting,
    "A bad request does not keep the ones behind it from being submitted.",
    since: "5.18", without: "The rest is submitted by another enter.", tier: .degraded,
    needs: [.submitAll]
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.push([RawRequest(255), .nop.tagged(2)])
    let result = ring.enterOnce()
    try expect(result == 2, "of 2 requests \(result) are taken")
    let both = try ring.wait(2)
    try expect(both.first(of: 1)?.fails(with: .invalidArgument) == true, "\(both)")
    try expect(both.first(of: 2)?.result == 0, "\(both)")
  }

  /// What happens without it.
  static let shortSubmit = KernelCheck(
    "short-submit", .waiting,
    "Without submit-all an enter stops behind a bad request, and does not wait.",
    since: "5.1", without: "Nothing: what is left is submitted by another enter.",
    tier: .oneShot
  ) { context throws(Finding) in
    let ring = try context.ring(flags: SetupFlags.usual.subtracting(.submitAll))
    try ring.push([RawRequest(255), .nop.tagged(2)])
    let result = ring.enterOnce(waitFor: 2)
    try expect(result == 1, "of 2 requests \(result) are taken")
    try expect(ring.enterOnce() == 1, "the rest is not taken")
    try expect(try ring.wait(2).count == 2, "not both complete")
  }
}

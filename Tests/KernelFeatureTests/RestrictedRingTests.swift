// SPDX-License-Identifier: Apache-2.0

import CLiburing
import SystemPackage
import Testing

@testable import Uring

/// Hardening: a restricted ring refuses what is not on its list, and nobody can change the list.
@Suite("Restricted ring", .timeLimit(.minutes(10)))
struct RestrictedRingTests {
  @Test("Takes what is on its list and refuses the rest with -EACCES")
  func requests() throws {
    var ring = try restricted(to: [.nop, .close])
    #expect(ring.flags.contains(.startsDisabled))
    #expect(try ring.result(of: .nop) == 0)
    let nothing = Descriptor.file(FileDescriptor(rawValue: -1))
    #expect(try ring.result(of: .close(nothing)) == -Errno.badFileDescriptor.rawValue)
    for request in [Request.shutdown(nothing, direction: 0), .cancelAll, .poll(nothing, mask: 1)] {
      #expect(try ring.result(of: request) == -Errno.permissionDenied.rawValue, "\(request)")
    }
  }

  @Test("Takes a timeout and its link only where they are on its list")
  func timeouts() throws {
    let nop = Token(slot: 1, generation: 0, operation: .nop)
    let timeout = Token(slot: 2, generation: 0, operation: .linkTimeout)
    for isListed in [true, false] {
      let networking = RingRestriction.networking.operations
      var ring = try restricted(
        to: isListed ? networking.union([.timeout, .linkTimeout]) : networking)
      let expected: Errno = isListed ? .timeout : .permissionDenied
      #expect(try ring.result(of: .timeout(after: .zero)) == -expected.rawValue)
      let isPrepared = ring.prepare(
        .nop, token: nop, timeout: .seconds(3600), timeoutToken: timeout)
      try #require(isPrepared)
      var results: [Token: Int32] = [:]
      for _ in 0..<2 where results.count < 2 {
        _ = try ring.enter(minimumCompletionCount: 1, timeout: .seconds(60))
        while let completion = ring.reapOne() { results[completion.token] = completion.result }
      }
      #expect(
        results == [
          nop: isListed ? 0 : -Errno.permissionDenied.rawValue,
          timeout: -(isListed ? Errno.canceled : .permissionDenied).rawValue,
        ])
    }
  }

  private static let canRegister: Bool = {
    let known = (try? KernelFeatures.discover()) ?? []
    return known.contains(.bufferRing) && known.contains(.directDescriptors)
  }()

  @Test(
    "Takes registrations until its first enter, and none later",
    .enabled(if: canRegister, "there is nothing to register"))
  func registrations() throws {
    var ring = try restricted(to: RingRestriction.networking.operations)
    let first = try BufferPool(capacity: 1, bufferSize: 1)
    try ring.register(first)
    try ring.makeDirectTable(capacity: 4)
    #expect(try ring.result(of: .nop) == 0)
    let second = try BufferPool(capacity: 1, bufferSize: 1, group: 1)
    #expect(throws: Errno.permissionDenied) { try ring.register(second) }
    // What ends a ring in order is allowed.
    try ring.unregister(first)
    try ring.dropDirectTable()
    #expect(throws: Errno.permissionDenied) { try ring.makeDirectTable(capacity: 4) }
  }

  @Test("Starts disabled on every rung of the ladder", arguments: SetupFlags.ladder)
  func everyRung(_ flags: SetupFlags) throws {
    let rungs = Array(SetupFlags.ladder.drop { $0 != flags })
    let taken = try Ring(
      RingConfiguration(submissionEntryCount: 4, flagLadder: rungs), hiding: []
    ).flags
    guard taken == flags else {
      return try skipCase(
        "everyRung", "the kernel lacks some of 0x\(String(flags.rawValue, radix: 16))",
        isRequired: Requirement.current.demandsEverything)
    }
    var ring = try Ring(
      RingConfiguration(
        submissionEntryCount: 4, flagLadder: [flags],
        restriction: RingRestriction(operations: [.nop])), hiding: [])
    #expect(ring.flags == flags.union(.startsDisabled))
    #expect(try ring.result(of: .nop) == 0)
    #expect(try ring.result(of: .cancelAll) == -Errno.permissionDenied.rawValue)
  }

  @Test("Knows the opcode of every request", arguments: Operation.allCases)
  func opcodes(_ operation: Operation) {
    var entry = curing_kernel_sqe()
    let token = Token(slot: 0, generation: 0, operation: operation)
    unsafe Request(operation).encode(into: &entry, token: token)
    #expect(entry.opcode == operation.opcode)
  }

  private func restricted(to operations: Set<Operation>) throws -> Ring {
    try Ring(
      RingConfiguration(
        submissionEntryCount: 8, completionEntryCount: 16,
        restriction: RingRestriction(operations: operations)))
  }
}

extension Ring {
  /// Submits a request and waits for its result.
  fileprivate mutating func result(of request: Request) throws -> Int32 {
    let isPrepared = prepare(
      request, token: Token(slot: 0, generation: 0, operation: request.operation))
    try #require(isPrepared)
    while true {
      _ = try enter(minimumCompletionCount: 1, timeout: .seconds(60))
      if let completion = reapOne() { return completion.result }
    }
  }

  fileprivate mutating func reapOne() -> Completion? {
    var batch = [Completion(token: Token(rawValue: 0), result: 0)]
    let count = unsafe batch.withUnsafeMutableBufferPointer { unsafe reap(into: $0) }
    return count == 1 ? batch[0] : nil
  }
}

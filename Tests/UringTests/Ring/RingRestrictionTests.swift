// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Uring

/// What a loop needs of a list of allowed requests.
@Suite struct RingRestrictionTests {
  @Test func networkingHasAllThatALoopNeeds() throws {
    #expect(RingRestriction.networking.operationsLackedByLoop == [])
    try RingRestriction.networking.requireForLoop()
    try RingRestriction(operations: RingRestriction.requiredByLoop).requireForLoop()
  }

  @Test func namesWhatALoopLacksInOneOrder() {
    let list = RingRestriction(operations: [.accept, .send, .poll, .receive, .close])
    #expect(list.operationsLackedByLoop == [.read, .cancel])
    #expect(
      throws: RingSetupError(errno: .invalidArgument, reason: .restrictionLacks([.read, .cancel]))
    ) { try list.requireForLoop() }
    let nothing = RingRestriction(operations: [])
    #expect(nothing.operationsLackedByLoop == [.receive, .poll, .read, .cancel, .close])
  }

  @Test func aBareRingTakesAnyList() throws {
    let list = RingRestriction(operations: [.nop])
    var ring = try Ring(RingConfiguration(submissionEntryCount: 4, restriction: list))
    try ring.submit(.nop)
    #expect(try ring.next().first?.result == 0)
  }
}

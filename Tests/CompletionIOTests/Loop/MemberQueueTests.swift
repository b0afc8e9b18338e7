// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CompletionIO

@Suite struct MemberQueueTests {
  @Test func membersAreNotifiedInTheOrderOfTheirRequests() throws {
    let fixture = try LoopFixture()
    let log = Log()
    let members = (0..<10).map { Member($0, fixture.loop, log) }
    for member in members { fixture.loop.enlist(member) }
    #expect(fixture.loop.enlisted.count == 10)
    fixture.turnWithoutWaiting()
    #expect(log.numbers == Array(0..<10))
    #expect(fixture.loop.enlisted.count == 0)
    withExtendedLifetime(members) {}
  }

  @Test func aMemberThatIsRemovedIsNotNotified() throws {
    let fixture = try LoopFixture()
    let log = Log()
    let members = (0..<5).map { Member($0, fixture.loop, log) }
    for member in members { fixture.loop.notifyOfRoom(member) }
    for number in [2, 0, 2] { fixture.loop.forgetRoom(members[number]) }
    fixture.turnWithoutWaiting()
    #expect(log.numbers == [1, 3, 4])
    withExtendedLifetime(members) {}
  }

  /// A member that asks again while it is notified has its turn before the submission, once.
  @Test func aMemberThatAsksMeanwhileIsNotifiedMeanwhile() throws {
    let fixture = try LoopFixture()
    let log = Log()
    let member = Member(7, fixture.loop, log)
    member.more = 3
    fixture.loop.enlist(member)
    fixture.turnWithoutWaiting()
    #expect(log.numbers == [7, 7, 7, 7])
  }

  /// The queue holds members without references, so that none is kept alive by it.
  @Test func theQueueKeepsNoMember() throws {
    let fixture = try LoopFixture()
    weak var left: Member?
    do {
      let member = Member(1, fixture.loop, Log())
      fixture.loop.notifyOfRoom(member)
      left = member
      fixture.loop.forgetRoom(member)
    }
    #expect(left == nil)
  }

  private final class Log {
    var numbers: [Int] = []
  }

  private final class Member: OperationOwner {
    let number: Int
    let loop: CompletionLoop
    let log: Log
    /// How often it asks again.
    var more = 0

    init(_ number: Int, _ loop: CompletionLoop, _ log: Log) {
      (self.number, self.loop, self.log) = (number, loop, log)
      super.init()
    }

    override func beforeSubmit() {
      log.numbers.append(number)
      guard more > 0 else { return }
      more -= 1
      loop.enlist(self)
    }
  }
}

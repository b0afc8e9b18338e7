// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Workloads

/// A flow notices every byte that is not where it should be.
@Suite struct FlowTests {
  private let ledger = Ledger(budget: 0)
  private let flow: Flow
  private let bytes = Content.bytes(of: 7, from: 0, count: 100)

  init() {
    flow = ledger.flow(7, "up")
  }

  private func send(_ byteCount: Int) {
    flow.offer(byteCount)
    flow.settle(byteCount, of: byteCount)
  }

  @Test func whatArrivesInOrderIsFine() {
    send(100)
    flow.receive(Array(bytes[..<40]))
    flow.receive(Array(bytes[40...]))
    flow.senderEnded(.clean)
    flow.receiverEnded(.clean)
    ledger.checkEnd()
    #expect(ledger.violations == [])
  }

  @Test(arguments: [0, 7, 8, 99])
  func aWrongByteIsFound(at position: Int) {
    send(100)
    var wrong = bytes
    wrong[position] ^= 1
    flow.receive(wrong)
    #expect(ledger.isViolated)
  }

  @Test func aGapIsFound() {
    send(100)
    flow.receive(Array(bytes[..<40]))
    flow.receive(Array(bytes[41...]))
    #expect(ledger.isViolated)
  }

  @Test func aPieceThatComesTwiceIsFound() {
    send(100)
    flow.receive(Array(bytes[..<40]))
    flow.receive(Array(bytes[..<40]))
    #expect(ledger.isViolated)
  }

  @Test func bytesOfAnotherConnectionAreFound() {
    send(100)
    flow.receive(Array(bytes[..<8]))
    flow.receive(Content.bytes(of: 8, from: 8, count: 20))
    #expect(ledger.isViolated)
  }

  @Test func moreThanWasSentIsFound() {
    send(50)
    flow.receive(bytes)
    #expect(ledger.isViolated)
  }

  @Test func anEndThatComesTooSoonIsFound() {
    send(100)
    flow.receive(Array(bytes[..<99]))
    flow.senderEnded(.broken)
    flow.receiverEnded(.clean)
    #expect(ledger.isViolated)
  }

  @Test func aSenderThatWasToldTooLittleIsFound() {
    flow.offer(100)
    flow.receive(bytes)
    flow.receiverEnded(.clean)
    flow.senderEnded(.broken)
    flow.settle(60, of: 100)
    #expect(ledger.isViolated)
  }

  @Test func queuedBytesMayBeLostUntilTheyAreConfirmed() {
    flow.offer(100)
    flow.queue(100)
    flow.receive(Array(bytes[..<60]))
    flow.senderEnded(.broken)
    flow.receiverEnded(.clean)
    #expect(!ledger.isViolated)
    flow.confirmQueued()
    flow.receiverEnded(.clean)
    #expect(ledger.isViolated)
  }

  @Test func aSendThatNeverEndsIsFound() {
    flow.offer(100)
    ledger.checkEnd()
    #expect(ledger.isViolated)
  }

  @Test func memoryThatIsWrittenToIsFound() {
    var memory = [UInt8](repeating: 0, count: 10)
    memory.spoil()
    #expect(memory.isSpoiled())
    memory[9] = 0
    #expect(!memory.isSpoiled())
    #expect(!memory.isSpoiled(from: 9))
  }
}

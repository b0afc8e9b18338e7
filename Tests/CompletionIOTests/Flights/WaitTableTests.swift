// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO

@Suite struct WaitTableTests {
  @Test func aWaitIsOpenUntilItIsFinishedAndCountsUntilItIsTaken() {
    var table = WaitTable()
    let id = table.open(for: nil)
    var (isOpen, count) = (table.isOpen(id), table.count)
    #expect(isOpen && count == 1)
    table[id].state = .finished
    table[id].result = WaitResult(code: -5, reason: 3, attempts: 2, byteCount: 77)
    (isOpen, count) = (table.isOpen(id), table.count)
    #expect(!isOpen && count == 1)
    let result = table.close(id)
    #expect(result == WaitResult(code: -5, reason: 3, attempts: 2, byteCount: 77))
    (isOpen, count) = (table.isOpen(id), table.count)
    #expect(!isOpen && count == 0)
  }

  /// A cancellation that comes too late must not meet the next wait in the same place.
  @Test func anEarlierUseOfThePlaceIsRecognised() {
    var table = WaitTable()
    let owner = OperationOwner()
    let first = table.open(for: owner)
    table[first].result.byteCount = 9
    _ = table.close(first)
    let second = table.open(for: nil)
    #expect(second.slot == first.slot && second != first)
    let (isFirstOpen, isSecondOpen) = (table.isOpen(first), table.isOpen(second))
    #expect(!isFirstOpen && isSecondOpen)
    let hasTarget = unsafe table[second].target != nil
    let result = table.close(second)
    #expect(!hasTarget && result == WaitResult(), "nothing is left of the first")
  }

  @Test func whatNeverWasIsNotOpen() {
    var table = WaitTable()
    let id = table.open(for: nil)
    for other in [
      WaitID(slot: id.slot + 1, generation: 1), WaitID(slot: .max, generation: 1),
      WaitID(slot: id.slot, generation: 0),
    ] {
      let isOpen = table.isOpen(other)
      #expect(!isOpen)
    }
  }

  @Test func aSecondCloseEndsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      var table = WaitTable()
      let id = table.open(for: nil)
      _ = table.close(id)
      _ = table.close(id)
    }
  }

  @Test(arguments: [51, 52, 53] as [UInt64])
  func growsAndAgreesWithADictionary(_ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    var table = WaitTable()
    var (open, finished): (Set<WaitID>, [WaitID: Int]) = ([], [:])
    var largest = 0
    for step in 0..<4000 {
      switch numbers.next(below: step < 1500 ? 4 : 6) {
      case 0, 1:
        let id = table.open(for: nil)
        #expect(!open.contains(id) && finished[id] == nil, "seed \(seed), step \(step)")
        open.insert(id)
      case 2, 4:
        guard let id = open.randomElement(using: &numbers) else { continue }
        table[id].state = .finished
        table[id].result.byteCount = step
        open.remove(id)
        finished[id] = step
      default:
        guard let id = finished.keys.randomElement(using: &numbers) else { continue }
        let byteCount = table.close(id).byteCount
        #expect(byteCount == finished.removeValue(forKey: id), "seed \(seed), step \(step)")
      }
      let count = table.count
      largest = max(largest, count)
      #expect(count == open.count + finished.count, "seed \(seed), step \(step)")
    }
    #expect(largest > 64, "it never grew")
    let walked = Set(table.slots.compactMap { table.open(at: $0) })
    #expect(walked == open)
    let beyond = table.open(at: table.slots.upperBound)
    #expect(beyond == nil)
  }
}

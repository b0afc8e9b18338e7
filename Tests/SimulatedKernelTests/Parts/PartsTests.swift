// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import Uring

@testable import SimulatedKernel

/// The parts that a machine is made of.
@Suite struct PartsTests {
  @Test func eventsComeInTime() {
    var numbers = SeededNumbers(seed: 1)
    let machine = SimulatedMachine(seed: 1)
    var queue = EventQueue()
    var times: [UInt64] = []
    for _ in 0..<500 {
      let time = UInt64(numbers.below(100))
      times.append(time)
      queue.add(.transfer(machine.newSocket(family: AF_INET)), at: time)
    }
    // Sockets are numbered in the order of their events, which is kept at equal times.
    let expected = times.enumerated().sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map { $0.0 + 1 }
    var order: [Int] = []
    while let event = queue.popDue(at: .max) {
      guard case .transfer(let socket) = event else { continue }
      order.append(socket.number)
    }
    #expect(order == expected)
  }

  @Test func eventsWaitForTheirTime() {
    var queue = EventQueue()
    queue.add(.nothing, at: 10)
    #expect(queue.popDue(at: 9) == nil)
    #expect(queue.popDue(at: 10) != nil)
    #expect(queue.nextTime == nil)
  }

  @Test func aNumberIsUsedAgainAfterItsClose() throws {
    let machine = SimulatedMachine(seed: 1)
    var table = DescriptorTable(base: 10, limit: 2)
    let sockets = (0..<3).map { _ in machine.newSocket(family: AF_INET) }
    #expect(table.insert(sockets[0]) == 10)
    #expect(table.insert(sockets[1]) == 11)
    #expect(table.insert(sockets[2]) == nil)
    #expect(table.remove(10) === sockets[0])
    #expect(table.remove(10) == nil)
    #expect(table[10] == nil && table[9] == nil && table[12] == nil)
    #expect(table.insert(sockets[2]) == 10)
    #expect(table[10] === sockets[2] && table[11] === sockets[1])
  }

  @Test func theLowestFreeNumberIsOpenedNext() {
    let machine = SimulatedMachine(seed: 1)
    var table = DescriptorTable(base: 10, limit: 8)
    func open() -> Int32? { table.insert(machine.newSocket(family: AF_INET)) }
    for number in 10..<16 { #expect(open() == Int32(number)) }
    for number in [11, 14, 12] as [Int32] { _ = table.remove(number) }
    #expect([open(), open(), open(), open(), open(), open()] == [11, 12, 14, 16, 17, nil])
  }

  @Test func aLineKeepsItsOrder() {
    var line = Line<Int>()
    for number in 0..<5000 { line.append(number) }
    line.moveToFront(2)
    #expect(line.removeFirst() == 2)
    #expect(line.removeFirst() == 1)
    #expect(line.removeFirst() == 0)
    #expect((3..<5000).allSatisfy { line.removeFirst() == $0 })
    #expect(line.isEmpty)
  }

  @Test func faultsComeAsOftenAsPlanned() {
    var plan = FaultPlan()
    plan[.shortSend] = 0.25
    plan[.answer(.send, .interrupted)] = 0.5
    plan[.answer(.send, .noMemory)] = 0.25
    var faults = FaultSource(plan, seed: 3)
    for _ in 0..<10_000 {
      _ = faults.strikes(.shortSend)
      _ = faults.strikes(.shortReceive)
      _ = faults.answer(to: .send, waitsFirst: false) { _ in true }
    }
    let counts = faults.counts
    #expect((2200...2800).contains(counts[.shortSend]))
    #expect((4700...5300).contains(counts[.answer(.send, .interrupted)]))
    #expect((2200...2800).contains(counts[.answer(.send, .noMemory)]))
    #expect(counts[.shortReceive] == 0)
    #expect(counts.total == counts.counts.values.reduce(0, +))
  }

  @Test func aFaultThatCannotHappenIsNotCounted() {
    var plan = FaultPlan()
    plan[.answer(.accept, .connectionAbort)] = 1
    var faults = FaultSource(plan, seed: 3)
    #expect(faults.answer(to: .accept, waitsFirst: false) { _ in false } == nil)
    #expect(faults.counts.total == 0)
  }

  @Test func transientFaultsEndNoConnection() {
    let plan = FaultPlan.transient(rate: 0.5)
    #expect(plan[.answer(.receive, .connectionReset)] == 0)
    #expect(plan[.answer(.connect, .connectionRefused)] == 0)
    #expect(plan[.answer(.connect, .nowInProgress)] == 0.5)
    #expect(FaultPlan.everything(rate: 0.5)[.answer(.receive, .connectionReset)] > 0)
    #expect(Set(FaultPlan.everything(rate: 0.5).probabilities.keys) == Set(Fault.all))
  }

  @Test func aTraceKeepsTheLast() {
    var trace = Trace(limit: 3)
    for number in 0..<5 { trace.note(at: 0, "\(number)") }
    #expect(trace.all.map { $0.suffix(1) } == ["2", "3", "4"])
  }
}

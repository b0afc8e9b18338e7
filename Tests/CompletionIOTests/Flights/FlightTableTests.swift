// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

@Suite struct FlightTableTests {

  @Test func fullIsAnAnswer() throws {
    let table = Table(capacity: 3)
    let tokens = (0..<3).compactMap { _ in table.open(Request(.receive)) }
    #expect(tokens.count == 3)
    #expect(table.count == 3)
    #expect(table.open(Request(.receive)) == nil)
    #expect(table.count == 3)
    table.retire(tokens[1].slot)
    let again = table.open(Request(.receive))
    #expect(again?.slot == tokens[1].slot)
    #expect(table.open(Request(.receive)) == nil)
  }

  @Test func aTokenNamesItsFlightUntilItsEnd() throws {
    let table = Table(capacity: 2)
    let first = try #require(table.open(Request(.send)))
    #expect(first.operation == .send)
    #expect(table.slot(for: first) == first.slot)
    #expect(table.token(of: first.slot) == first)
    table.retire(first.slot)
    #expect(table.slot(for: first) == nil)
    let second = try #require(table.open(Request(.send)))
    #expect(second.slot == first.slot)
    #expect(second.generation == first.generation &+ 1)
    #expect(table.slot(for: first) == nil)
    #expect(table.slot(for: second) == second.slot)
  }

  @Test func tokensOfPlacesNeverUsedNameNothing() throws {
    let table = Table(capacity: 8)
    _ = try #require(table.open(Request(.receive)))
    for slot in [1, 7, 8, Token.slotLimit - 1] {
      for generation: UInt32 in [0, 1, 2] {
        let token = Token(slot: slot, generation: generation, operation: .receive)
        #expect(table.slot(for: token) == nil)
      }
    }
    #expect(table.slot(for: LoopCore.controlToken(of: .cancelAll)) == nil)
  }

  @Test func aNewFlightRemembersNothingOfTheOldOne() throws {
    let table = Table(capacity: 1)
    let first = try #require(table.open(Request(.receive)))
    table[first.slot].attempt = 9
    table[first.slot].facts = [.cancelRequested, .capabilityDropped]
    table[first.slot].phase = .writability
    table[first.slot].state = .pausing
    table[restOf: first.slot].byteCount = 77
    table[restOf: first.slot].deadline = FlightRest.passedDeadline
    table.retire(first.slot)
    let second = try #require(
      table.open(Request(.send), policy: .nonblocking))
    let flight = table[second.slot]
    #expect(flight.request == Request(.send))
    #expect(flight.attempt == 1)
    #expect(flight.facts == [])
    #expect(flight.phase == .request)
    #expect(flight.state == .queued)
    #expect(table[restOf: second.slot] == FlightRest())
    #expect(table.policy(of: second.slot) == .nonblocking)
  }

  @Test func anOwnerIsHeldOnceAndLetGoOnce() throws {
    let table = Table(capacity: 2)
    weak var watched: OperationOwner?
    var token: Token?
    do {
      let owner = OperationHandler { _, _ in }
      watched = owner
      token = table.open(.nop, owner: owner)
    }
    #expect(watched != nil)
    let slot = try #require(token).slot
    table.retire(slot)
    #expect(watched == nil)
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomUseAgreesWithADictionary(_ seed: UInt64) throws {
    var numbers = SeededNumbers(seed: seed)
    let table = Table(capacity: 17)
    var live: [Token: UInt32] = [:]
    var ended: [Token] = []
    for step in 0..<4000 {
      if numbers.next(below: 2) == 0 {
        let token = table.open(Request(.send, count: UInt32(step)))
        #expect((token == nil) == (live.count == 17), "seed \(seed), step \(step)")
        if let token { live[token] = UInt32(step) }
      } else if let token = live.keys.min(by: { $0.rawValue &* 31 < $1.rawValue &* 31 }) {
        table.retire(token.slot)
        live[token] = nil
        ended.append(token)
      }
      #expect(table.count == live.count)
      for (token, count) in live {
        try #require(table.slot(for: token) == token.slot, "seed \(seed), step \(step)")
        #expect(table[token.slot].request.count == count)
      }
      if let old = ended.randomElement(using: &numbers) { #expect(table.slot(for: old) == nil) }
    }
    #expect(Set(ended).count == ended.count)
  }

  /// What a message costs in memory traffic; larger is not forbidden, but should be on purpose.
  @Test func sizesArePinned() {
    #expect(MemoryLayout<Request>.size == 24)
    #expect(MemoryLayout<Flight>.stride == 48)
    #expect(MemoryLayout<SendPiece>.stride == 72)
    #expect(MemoryLayout<Outcome>.stride == 40)
    #expect(MemoryLayout<Delivery>.stride == 56)
  }
}

/// A table that expectations may mention, which noncopyable values may not be in.
private final class Table {
  private var table: FlightTable

  init(capacity: Int) { table = FlightTable(capacity: capacity) }

  var count: Int { table.count }

  func open(
    _ request: Request, policy: ResubmissionPolicy = .completion, owner: OperationOwner? = nil
  ) -> Token? {
    table.open(request, policy: policy, owner: owner)
  }

  func retire(_ slot: Int) { unsafe table.retire(slot)?.release() }
  func slot(for token: Token) -> Int? { table.slot(for: token) }
  func token(of slot: Int) -> Token { table.token(of: slot) }
  func policy(of slot: Int) -> ResubmissionPolicy { table.policy(of: slot) }

  subscript(slot: Int) -> Flight {
    get { table[slot] }
    set { table[slot] = newValue }
  }

  subscript(restOf slot: Int) -> FlightRest {
    get { table[restOf: slot] }
    set { table[restOf: slot] = newValue }
  }
}

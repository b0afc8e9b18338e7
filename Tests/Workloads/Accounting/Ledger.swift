// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization

/// The record of an episode: the operations that began, how each ended, and every violation.
package final class Ledger: Sendable {
  /// A kind of operation.
  package enum Operation: UInt8, CaseIterable, Hashable, Sendable {
    case accept, connect, receive, receiveInto, send, queuedSend, finish, close, sleep, raw, bind
    case relay, timer
  }

  /// Identifies an operation that has begun.
  package struct Ticket: Hashable, Sendable {
    fileprivate var index: Int
    fileprivate var serial: UInt64
  }

  private struct Place {
    var serial: UInt64 = 0
    var operation = Operation.raw
    var isOpen = false
  }

  private struct State {
    var places: [Place] = []
    var free: [Int] = []
    var begun = 0
    var ended = 0
    var endings: [String: Int] = [:]
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    var violations: [String] = []
    var trigger: (at: Int, action: @Sendable () -> Void)?
    var flows: [Flow] = []
    var watches: [UInt64: @Sendable () -> String?] = [:]
    var lastWatch: UInt64 = 0
    var lostCount: (@Sendable () -> Int)?

    /// FNV-1a's step, eight bytes at a time.
    mutating func mix(_ first: UInt64, _ second: UInt64) {
      digest = (digest ^ first) &* 0x100_0000_01B3
      digest = (digest ^ second) &* 0x100_0000_01B3
      digest ^= digest >> 29
    }
  }

  /// How many operations may begin, not counting those that end what is going on.
  package let budget: Int
  private let state = Mutex(State())

  package init(budget: Int) {
    self.budget = budget
  }

  // MARK: Operations

  /// An operation begins.
  func begin(_ operation: Operation) -> Ticket {
    let (ticket, action) = state.withLock { state in
      let index = state.free.popLast() ?? state.places.count
      if index == state.places.count { state.places.append(Place()) }
      state.begun += 1
      let serial = UInt64(state.begun)
      state.places[index] = Place(serial: serial, operation: operation, isOpen: true)
      state.mix(UInt64(operation.rawValue), serial)
      var action: (@Sendable () -> Void)?
      if let trigger = state.trigger, trigger.at <= state.begun {
        action = trigger.action
        state.trigger = nil
      }
      return (Ticket(index: index, serial: serial), action)
    }
    action?()
    return ticket
  }

  /// An operation has ended, for the first and last time.
  func end(_ ticket: Ticket, _ result: Int = 0) {
    let isFirst = state.withLock { state in
      let place = state.places[ticket.index]
      guard place.isOpen, place.serial == ticket.serial else { return false }
      state.places[ticket.index].isOpen = false
      state.free.append(ticket.index)
      state.ended += 1
      state.mix(ticket.serial, UInt64(bitPattern: Int64(result)))
      return true
    }
    if !isFirst { violation("operation \(ticket.serial) ended twice") }
  }

  /// Counts an operation that ended in this way.
  func count(_ ending: String) {
    state.withLock { $0.endings[ending, default: 0] += 1 }
  }

  /// How many operations have begun.
  package var begunCount: Int { state.withLock { $0.begun } }

  /// Whether another operation may begin.
  var hasBudget: Bool { state.withLock { $0.begun < budget } }

  /// How often each operation failed with each errno.
  package var endings: [String: Int] { state.withLock { $0.endings } }

  /// Calls a closure when so many operations have begun.
  func when(begun count: Int, _ action: @escaping @Sendable () -> Void) {
    state.withLock { $0.trigger = (count, action) }
  }

  // MARK: Events

  /// Adds an event to the digest.
  func note(_ first: UInt64, _ second: Int) {
    state.withLock { $0.mix(first, UInt64(bitPattern: Int64(second))) }
  }

  /// A digest of all events: equal for equal runs.
  package var digest: UInt64 { state.withLock { $0.digest } }

  /// Begins to count the bytes of one direction of a connection.
  func flow(_ connection: UInt64, _ direction: String, hasOwnEndOnly: Bool = false) -> Flow {
    let flow = Flow(connection, direction, in: self, hasOwnEndOnly: hasOwnEndOnly)
    state.withLock { $0.flows.append(flow) }
    return flow
  }

  // MARK: Watches

  /// Asks after each turn of a loop what is wrong, where turns are seen: in a simulation.
  ///
  /// - Returns: The number by which to forget the question.
  func watch(_ question: @escaping @Sendable () -> String?) -> UInt64 {
    state.withLock { state in
      state.lastWatch += 1
      state.watches[state.lastWatch] = question
      return state.lastWatch
    }
  }

  /// Forgets a question.
  func unwatch(_ number: UInt64) {
    state.withLock { $0.watches[number] = nil }
  }

  /// Asks all questions.
  func checkWatches() {
    let watches = state.withLock { Array($0.watches.values) }
    for question in watches {
      if let problem = question() { violation(problem) }
    }
  }

  /// Says how to ask for the datagrams that were sent and have not arrived.
  func reportLost(_ question: @escaping @Sendable () -> Int) {
    state.withLock { $0.lostCount = question }
  }

  /// Datagrams that were sent and have not arrived.
  var lostDatagramCount: Int { state.withLock { $0.lostCount }?() ?? 0 }

  // MARK: Violations

  /// Records a violation: something that must never happen.
  package func violation(_ text: String) {
    state.withLock { $0.violations.append(text) }
    hasViolations.store(true, ordering: .relaxed)
  }

  private let hasViolations = Atomic<Bool>(false)

  /// Whether there is any violation.
  var isViolated: Bool { hasViolations.load(ordering: .relaxed) }

  /// All violations, in order.
  package var violations: [String] { state.withLock { $0.violations } }

  /// Checks, after the episode, that every operation has ended.
  package func checkEnd() {
    let (open, flows) = state.withLock { state in
      (state.places.filter(\.isOpen), state.flows)
    }
    for place in open {
      violation("operation \(place.serial), \(place.operation), never ended")
    }
    for flow in flows { flow.checkEnd() }
  }
}

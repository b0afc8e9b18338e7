// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CompletionIO

/// A state machine as a table: what follows each event in each state, and what cannot happen.
struct TransitionTable<State, Event, Facts, Action>: Sendable
where
  State: Hashable & Sendable, Event: Hashable & Sendable, Facts: Hashable & Sendable,
  Action: Hashable & Sendable
{
  let states: [State]
  let events: [Event]
  /// All that may hold beside a state.
  let facts: [Facts]
  /// What follows; of several rows for a cell the first whose facts hold decides.
  let rows: [Row]
  /// What cannot happen.
  let never: [(states: [State], events: [Event])]

  /// What follows some events in some states, where some facts hold.
  struct Row: Sendable {
    let (states, events): ([State], [Event])
    let holds: @Sendable (Facts) -> Bool
    let (next, action): (Next, Action)

    init(
      _ states: [State], _ events: [Event],
      if holds: @escaping @Sendable (Facts) -> Bool = { _ in true },
      _ next: Next, _ action: Action
    ) {
      (self.states, self.events, self.holds) = (states, events, holds)
      (self.next, self.action) = (next, action)
    }

    /// The next state is `nil` where the state stays.
    init(
      _ states: [State], _ events: [Event],
      if holds: @escaping @Sendable (Facts) -> Bool = { _ in true },
      _ next: State?, _ action: Action
    ) {
      self.init(states, events, if: holds, next.map { .state($0) } ?? .same, action)
    }

    func names(_ state: State, _ event: Event) -> Bool {
      states.contains(state) && events.contains(event)
    }
  }

  /// Where a row leads to.
  enum Next: Sendable {
    case same
    case state(State)
    /// A state that depends on what holds.
    case made(@Sendable (Facts) -> State)

    func state(from state: State, _ facts: Facts) -> State {
      switch self {
      case .same: state
      case .state(let next): next
      case .made(let make): make(facts)
      }
    }
  }

  private func rowIndex(_ state: State, _ event: Event, _ facts: Facts) -> Int? {
    rows.firstIndex { $0.names(state, event) && $0.holds(facts) }
  }

  /// Expects a function to do what the table says, for every event and all facts.
  func expectEveryCell(
    of state: State, in transition: (State, Event, Facts) -> (State, Action)?,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for event in events {
      for facts in facts {
        let result = transition(state, event, facts)
        let row = rowIndex(state, event, facts).map { rows[$0] }
        #expect(
          result?.0 == row?.next.state(from: state, facts), "\(state), \(event), \(facts)",
          sourceLocation: sourceLocation)
        #expect(
          result?.1 == row?.action, "\(state), \(event), \(facts)", sourceLocation: sourceLocation)
      }
    }
  }

  /// Expects each cell to be in a row or among what cannot happen, not in both.
  func expectEveryCellToBeNamedOnce(sourceLocation: SourceLocation = #_sourceLocation) {
    for state in states {
      for event in events {
        let isNever = never.contains { $0.states.contains(state) && $0.events.contains(event) }
        let isInTable = rows.contains { $0.names(state, event) }
        #expect(isNever != isInTable, "\(state), \(event)", sourceLocation: sourceLocation)
      }
    }
  }

  /// Expects each row to decide something.
  func expectEveryRowToBeUsed(sourceLocation: SourceLocation = #_sourceLocation) {
    for (index, row) in rows.enumerated() {
      let isUsed = facts.contains { facts in
        row.states.contains { state in
          row.events.contains { event in rowIndex(state, event, facts) == index }
        }
      }
      #expect(
        isUsed, "row \(index): \(row.states), \(row.events)", sourceLocation: sourceLocation)
    }
  }
}

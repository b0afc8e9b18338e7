// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO

/// The receiving half as a table, every cell of it.
@Suite struct ReceiveHalfTableTests {
  typealias State = ReceiveHalf.State
  typealias Event = ReceiveHalf.Event
  typealias Facts = ReceiveHalf.Facts
  typealias Table = TransitionTable<State, Event, Facts, ReceiveHalf.Action>
  typealias Row = Table.Row

  static let broken = StreamFailure(.brokenPipe)
  static let blocked = StreamFailure(code: -11, attempts: 5)
  static let receiving: [State] = [.armed, .pausing, .reading, .quieting]
  static let ended: [State] = [.ended(.endOfStream), .ended(.failed(broken))]
  static let states = [State.idle] + receiving + [.polling, .confirming] + ended
  static let (bytes, lastBytes) = (Event.answered(.bytes), Event.answered(.lastBytes))
  static let (endOfStream, nothing) = (Event.answered(.endOfStream), Event.answered(.nothing))
  static let wouldBlock = Event.answered(.wouldBlock(blocked))
  static let failed = Event.answered(.failed(broken))
  static let answers = [bytes, lastBytes, endOfStream, nothing, wouldBlock, failed]
  static let polls: [Event] = [.hungUp(false), .hungUp(true)]
  static let sendingEnds: [Event] = [.sendingFinished(nil), .sendingFinished(broken)]
  static let events: [Event] =
    [.wanted, .full, .quiet, .armed, .reading, .polling, .refused, .stopped]
    + answers + polls + sendingEnds

  static let rows: [Row] = [
    // Nothing is with the kernel.
    Row([.idle], [.wanted], .same, .arm),
    Row([.idle], [.full], .same, .none),
    Row([.idle], [.armed], .state(.armed), .none),
    Row([.idle], [.reading], .state(.reading), .none),
    Row([.idle], [.polling], .state(.polling), .none),
    Row([.idle], [.refused], .same, .refuse),
    Row([.idle], [.stopped], .end, .tell),

    // A receive is with the kernel.
    Row(receiving, [.wanted], .same, .none),
    Row([.armed], [.full], .state(.pausing), .cancelReceive),
    Row([.pausing, .reading], [.full], .same, .none),
    Row([.quieting], [.full], .state(.pausing), .none),
    Row([.armed], [.quiet], .state(.quieting), .cancelReceive),
    Row(receiving, [.stopped], .same, .cancelReceive),
    Row([.armed, .pausing, .quieting], [bytes], .same, .none),
    Row([.quieting], [nothing], if: { !$0.isStopped }, .state(.idle), .poll),
    Row(receiving, [lastBytes, nothing], if: \.isStopped, .end, .tell),
    Row(receiving, [lastBytes, nothing], .state(.idle), .resume),
    Row(receiving, [wouldBlock], .state(.idle), .tellWouldBlock(blocked)),
    Row(receiving, [failed], .state(.ended(.failed(broken))), .tell),
    // An end is believed where no send can have been told of a reset in its place.
    Row(receiving, [endOfStream], if: { !$0.mayHideReset }, .end, .tell),
    Row(receiving, [endOfStream], if: { $0.sending == .finished }, .end, .tell),
    Row(receiving, [endOfStream], if: { $0.sending == .finishing }, .state(.confirming), .none),
    Row(receiving, [endOfStream], .state(.confirming), .confirm),

    // A poll is with the kernel in place of a receive.
    Row([.polling], [.wanted], .same, .none),
    Row([.polling], [.full], .state(.pausing), .cancelReceive),
    Row([.polling], [.stopped], .same, .cancelReceive),
    Row([.polling], [nothing], if: \.isStopped, .end, .tell),
    Row([.polling], [nothing], .state(.idle), .resume),

    // The kernel was asked whether the end was a reset.
    Row([.confirming], [.wanted, .full, .stopped], .same, .none),
    Row([.confirming], [.hungUp(false), .refused], .end, .tell),
    Row([.confirming], [.hungUp(true)], if: { $0.sending == .finishing }, .same, .none),
    Row([.confirming], [.hungUp(true)], if: { $0.sending == .finished }, .end, .tell),
    Row([.confirming], [.hungUp(true)], .state(.ended(.failed(.reset))), .tell),
    Row([.confirming], [.sendingFinished(nil)], .end, .tell),
    Row([.confirming], [.sendingFinished(broken)], .state(.ended(.failed(.reset))), .tell),

    // Nothing follows.
    Row(ended, [.wanted, .full, .stopped] + polls, .same, .none),
    Row([.idle] + receiving + [.polling] + ended, sendingEnds, .same, .none),
  ]

  /// What cannot happen.
  static let never: [(states: [State], events: [Event])] = [
    // The kernel answers what it was given, and a receive into memory once.
    ([.idle, .confirming] + ended, answers),
    ([.reading], [bytes]),
    ([.polling], answers.filter { $0 != nothing }),
    ([.idle, .polling] + receiving, polls),
    // Only a receive that goes on is exchanged.
    (states.filter { $0 != .armed }, [.quiet]),
    // Only an action has something started or refused, and it is the last thing before.
    (receiving + [.polling, .confirming] + ended, [.armed, .reading, .polling]),
    (receiving + [.polling] + ended, [.refused]),
  ]

  static let fates: [PeerFate] = [.alive, .reset(.reset), .lostBytes(.tableFull)]
  static let allFacts: [Facts] = fates.flatMap { fate in
    [false, true].flatMap { isStopped in
      [false, true].flatMap { mayHideReset in
        [Facts.Sending.open, .finishing, .finished].map { sending in
          Facts(fate: fate, isStopped: isStopped, mayHideReset: mayHideReset, sending: sending)
        }
      }
    }
  }

  static let table = Table(
    states: states, events: events, facts: allFacts, rows: rows, never: never)

  @Test(arguments: states) func everyCell(_ state: State) {
    Self.table.expectEveryCell(of: state, in: ReceiveHalf.transition)
  }

  @Test func everyCellIsNamedOnce() { Self.table.expectEveryCellToBeNamedOnce() }

  @Test func everyRowIsUsed() { Self.table.expectEveryRowToBeUsed() }

  /// An event that cannot happen is a mistake of the stream's, not something to go on from.
  @Test func whatCannotHappenEndsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      var half = ReceiveHalf()
      _ = half.handle(.answered(.endOfStream), ReceiveHalf.Facts())
    }
  }
}

extension ReceiveHalfTableTests.Table.Next {
  /// The end that the peer's fate makes of an end of the stream.
  fileprivate static var end: Self {
    .made { facts in
      switch facts.fate {
      case .alive: .ended(.endOfStream)
      case .reset(let failure), .lostBytes(let failure): .ended(.failed(failure))
      }
    }
  }
}

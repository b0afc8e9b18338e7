// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// The sending half as a table, every cell of it.
@Suite struct SendHalfTableTests {
  typealias State = SendHalf.State
  typealias Event = SendHalf.Event
  typealias Facts = SendHalf.Facts
  typealias Table = TransitionTable<State, Event, Facts, SendHalf.Action>
  typealias Row = Table.Row

  static let broken = StreamFailure(.brokenPipe)
  static let blocked = StreamFailure(code: -11, attempts: 5)
  static let sending: [State] = [.sending(.trying), .sending(.waiting)]
  static let states = [State.idle, .enlisted, .finishing, .finished, .failed(broken)] + sending
  static let starts: [Event] = [.started(.trying), .started(.waiting)]
  static let (done, part) = (Event.answered(.done), Event.answered(.part))
  static let (wouldBlock, failed) = (
    Event.answered(.wouldBlock(blocked)), Event.answered(.failed(.reset))
  )
  static let answers = [done, part, wouldBlock, failed]
  static let ends: [Event] = [.finishAnswered(nil), .finishAnswered(broken)]
  static let events: [Event] =
    [.queued, .finishRequested, .turn, .refused, .toldWouldBlock, .cancelRequested, .aborted]
    + starts + answers + ends

  static let rows: [Row] = [
    // Nothing is with the kernel.
    Row([.idle], [.queued, .finishRequested], .enlisted, .enlist),
    Row([.idle], [.turn, .aborted], nil, .none),
    Row([.idle], [.started(.trying)], .sending(.trying), .none),
    Row([.idle], [.started(.waiting)], .sending(.waiting), .none),
    Row([.idle], [.refused], if: \.holdsUnawaited, .failed(.tableFull), .failAll(.tableFull)),
    Row([.idle], [.refused], nil, .failAll(.tableFull)),
    Row([.idle], [.toldWouldBlock], if: { !$0.isEmpty }, nil, .copyAndSend(mayWait: true)),
    Row([.idle], [.toldWouldBlock], if: \.wantsFinish, .finishing, .finish),
    Row([.idle], [.toldWouldBlock], nil, .none),
    Row([.idle, .enlisted], [.cancelRequested], nil, .endCancelled),

    // The loop owes a turn.
    Row([.enlisted], [.queued, .finishRequested, .aborted], nil, .none),
    Row([.enlisted], [.turn], if: \.isAborted, .idle, .none),
    Row([.enlisted], [.turn], if: { !$0.isEmpty }, .idle, .send(mayWait: false)),
    Row([.enlisted], [.turn], if: \.wantsFinish, .finishing, .finish),
    Row([.enlisted], [.turn], .idle, .none),

    // A send is with the kernel.
    Row(sending, [.queued, .finishRequested, .turn], nil, .none),
    Row(sending, [.cancelRequested, .aborted], nil, .cancelSend),
    Row(sending, [failed], .failed(.reset), .failAll(.reset)),
    Row(sending, [done, part, wouldBlock], if: \.isAborted, .idle, .none),
    Row(
      sending, [done, part, wouldBlock], if: { $0.isEmpty && $0.wantsFinish },
      .finishing, .finish),
    Row(sending, [done, part, wouldBlock], if: \.isEmpty, .idle, .none),
    Row(sending, [done], .idle, .send(mayWait: false)),
    // The rest of a message goes on, or is the caller's affair.
    Row(sending, [part], if: { $0.waiting == .nobody }, .idle, .tellWouldBlock(.wouldBlock)),
    Row(sending, [part], if: { $0.waiting == .kernel }, .idle, .copyAndSend(mayWait: true)),
    Row(sending, [part], .idle, .copyAndSend(mayWait: false)),
    // A try is not the policy's, but the answer of a send that may wait is.
    Row([.sending(.waiting)], [wouldBlock], .idle, .tellWouldBlock(blocked)),
    Row(
      [.sending(.trying)], [wouldBlock], if: { $0.waiting == .nobody },
      .idle, .tellWouldBlock(blocked)),
    Row(
      [.sending(.trying)], [wouldBlock], if: { $0.waiting == .kernel },
      .idle, .copyAndSend(mayWait: true)),
    Row([.sending(.trying)], [wouldBlock], .idle, .copyAndSend(mayWait: false)),

    // The end of the half is with the kernel.
    Row([.finishing], [.finishRequested, .turn, .cancelRequested, .aborted], nil, .none),
    Row([.finishing], [.refused], .idle, .tellFinished(.tableFull)),
    Row([.finishing], [.finishAnswered(nil)], .finished, .tellFinished(nil)),
    Row([.finishing], [.finishAnswered(broken)], .failed(broken), .tellFinished(broken)),

    // Nothing follows.
    Row([.finished, .failed(broken)], [.turn, .cancelRequested, .aborted], nil, .none),
    Row([.finished], [.finishRequested], nil, .tellFinished(nil)),
    Row([.failed(broken)], [.finishRequested], nil, .tellFinished(broken)),
  ]

  /// What cannot happen, and why.
  static let never: [(states: [State], events: [Event])] = [
    // The kernel answers what it was given.
    ([.idle, .enlisted, .finishing, .finished, .failed(broken)], answers),
    ([.idle, .enlisted, .finished, .failed(broken)] + sending, ends),
    // Only an action has something started, refused or told, and it is the last thing before.
    ([.enlisted, .finishing, .finished, .failed(broken)] + sending, starts + [.toldWouldBlock]),
    ([.enlisted, .finished, .failed(broken)] + sending, [.refused]),
    // Nothing is queued behind the end.
    ([.finishing, .finished, .failed(broken)], [.queued]),
  ]

  static let allFacts: [Facts] = [false, true].flatMap { isEmpty in
    [false, true].flatMap { wantsFinish in
      [false, true].flatMap { holdsUnawaited in
        [false, true].flatMap { isAborted in
          [SendHalf.Waiting.kernel, .nobody, .loop].map { waiting in
            Facts(
              isEmpty: isEmpty, wantsFinish: wantsFinish, holdsUnawaited: holdsUnawaited,
              isAborted: isAborted, waiting: waiting)
          }
        }
      }
    }
  }

  static let table = Table(
    states: states, events: events, facts: allFacts, rows: rows, never: never)

  @Test(arguments: states) func everyCell(_ state: State) {
    Self.table.expectEveryCell(of: state, in: SendHalf.transition)
  }

  @Test func everyCellIsNamedOnce() { Self.table.expectEveryCellToBeNamedOnce() }

  @Test func everyRowIsUsed() { Self.table.expectEveryRowToBeUsed() }

  /// An event that cannot happen is a mistake of the stream's, not something to go on from.
  @Test func whatCannotHappenEndsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      var half = SendHalf()
      _ = half.handle(.finishAnswered(nil), .kernel, isAborted: false)
    }
  }
}

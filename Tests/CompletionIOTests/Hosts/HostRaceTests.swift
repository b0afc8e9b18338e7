// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// Who is tried when, and who wins: every event in every situation.
@Suite struct HostRaceTests {
  private static let timeout = SocketError(.connect, .timedOut, cause: .timeout)

  private static func refused(_ attempt: Int) -> SocketError {
    SocketError(.connect, .connectionRefused, attempts: attempt + 1)
  }

  /// So many addresses of one family, which keep their order.
  private static func addresses(_ count: Int) -> [SocketAddress] {
    (0..<count).map { .loopback(port: UInt16($0 + 1)) }
  }

  struct Step: Sendable {
    let event: HostRace.Event
    let actions: [HostRace.Action]

    init(_ event: HostRace.Event, _ actions: [HostRace.Action]) {
      (self.event, self.actions) = (event, actions)
    }
  }

  struct Course: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let steps: [Step]
    let attemptCount: Int

    init(_ name: String, attempts: Int, _ steps: [Step]) {
      (testDescription, self.steps, attemptCount) = (name, steps, attempts)
    }
  }

  private static func resolved(_ count: Int) -> Step {
    Step(.resolved(addresses(count)), count > 1 ? [.start(0), .armDelay] : [.start(0)])
  }

  static let courses = [
    Course(
      "one address, no delay", attempts: 1, [resolved(1), Step(.connected(0), [.succeed(0)])]),
    Course(
      "the first is quick", attempts: 1,
      [resolved(3), Step(.connected(0), [.stopDelay, .succeed(0)])]),
    Course(
      "one that fails is followed at once", attempts: 3,
      [
        resolved(3), Step(.failed(0, refused(0)), [.start(1), .armDelay]),
        Step(.failed(1, refused(1)), [.start(2), .stopDelay]),
        Step(.connected(2), [.succeed(2)]),
      ]),
    Course(
      "one that is slow gets company, and may win all the same", attempts: 3,
      [
        resolved(3), Step(.delayPassed, [.start(1), .armDelay]), Step(.delayPassed, [.start(2)]),
        Step(.connected(0), [.cancel(1), .cancel(2), .succeed(0)]),
      ]),
    Course(
      "the winner's rivals are cancelled, those that failed are not", attempts: 3,
      [
        resolved(4), Step(.delayPassed, [.start(1), .armDelay]),
        Step(.failed(0, refused(0)), [.start(2), .armDelay]),
        Step(.connected(2), [.stopDelay, .cancel(1), .succeed(2)]),
      ]),
    Course(
      "nothing is left to start while one still tries", attempts: 2,
      [
        resolved(2), Step(.delayPassed, [.start(1)]), Step(.failed(1, refused(1)), []),
        Step(.connected(0), [.succeed(0)]),
      ]),
    Course(
      "all fail, and the first failure is told", attempts: 2,
      [
        resolved(2), Step(.failed(0, refused(0)), [.start(1), .stopDelay]),
        Step(.failed(1, refused(1)), [.fail(refused(0))]),
      ]),
    Course("no addresses", attempts: 0, [Step(.unresolved(timeout), [.fail(timeout)])]),
    Course(
      "ended during the look-up", attempts: 0,
      [Step(.ended(timeout), [.fail(timeout)]), Step(.resolved(addresses(2)), [])]),
    Course(
      "ended while two try", attempts: 2,
      [
        resolved(3), Step(.delayPassed, [.start(1), .armDelay]),
        Step(.ended(timeout), [.stopDelay, .cancel(0), .cancel(1), .fail(timeout)]),
      ]),
    Course(
      "after the end nothing counts, and a late connection is closed", attempts: 2,
      [
        resolved(2), Step(.delayPassed, [.start(1)]),
        Step(.connected(0), [.cancel(1), .succeed(0)]), Step(.failed(1, refused(1)), []),
        Step(.connected(1), [.discard(1)]), Step(.delayPassed, []), Step(.ended(timeout), []),
        Step(.unresolved(timeout), []),
      ]),
  ]

  @Test(arguments: courses)
  func runs(_ course: Course) {
    var race = HostRace()
    for step in course.steps { #expect(race.handle(step.event) == step.actions) }
    #expect(race.attemptCount == course.attemptCount)
  }

  @Test func fortyAddressesAreTriedOneByOne() {
    var race = HostRace()
    _ = race.handle(.resolved(Self.addresses(40)))
    for attempt in 0..<39 {
      #expect(race.running == [attempt])
      #expect(race.handle(.failed(attempt, Self.refused(attempt))).first == .start(attempt + 1))
    }
    #expect(race.handle(.connected(39)) == [.succeed(39)])
  }

  struct Telling: Sendable {
    let errors: [SocketError]
    let told: Int
  }

  /// What is worth most is told, wherever it comes.
  @Test(arguments: [
    Telling(
      errors: [
        SocketError(.open, .addressFamilyNotSupported), SocketError(.connect, .connectionRefused),
      ], told: 1),
    Telling(
      errors: [
        SocketError(.connect, .connectionRefused), SocketError(.connect, .networkUnreachable),
      ], told: 0),
    Telling(
      errors: [
        SocketError(.connect, .networkUnreachable), SocketError(.connect, .timedOut),
        SocketError(.connect, .connectionRefused), SocketError(.connect, .connectionReset),
      ], told: 2),
    Telling(
      errors: [
        SocketError(.connect, .connectionRefused), SocketError(.open, .tooManyOpenFiles),
        SocketError(.connect, .connectionRefused),
      ], told: 1),
    Telling(
      errors: [
        SocketError(.bind, .addressFamilyNotSupported), SocketError(.bind, .addressNotAvailable),
        SocketError(.connect, .noRouteToHost),
      ], told: 1),
  ])
  func tellsTheMostUsefulFailure(_ telling: Telling) {
    var race = HostRace()
    _ = race.handle(.resolved(Self.addresses(telling.errors.count)))
    var actions: [HostRace.Action] = []
    for (attempt, error) in telling.errors.enumerated() {
      actions = race.handle(.failed(attempt, error))
    }
    #expect(actions == [.fail(telling.errors[telling.told])])
  }
}

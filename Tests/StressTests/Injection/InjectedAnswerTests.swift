// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Every errno of the policy table, answered by the kernel itself to a request on a real socket.
@Suite(
  "Injected answers",
  .enabled(if: Ring.injectsResults, "NOPs cannot complete with a result (Linux 6.10)"),
  .timeLimit(.minutes(3)))
struct InjectedAnswerTests {
  @Test("One wrong answer", arguments: InjectionTable.rows.indices)
  func once(index: Int) throws {
    let row = InjectionTable.rows[index]
    let fixture = try InjectionFixture()
    for column in InjectionTable.Column.allCases {
      let sockets = try InjectionSockets()
      let verdict = try #require(row.verdict(column))
      let before = fixture.loop.statistics
      fixture.plan.answer(column.operation, with: [-row.error.rawValue])
      let outcome = try fixture.firstAnswer(
        to: column.request(on: sockets, group: fixture.loop.pool.group))
      let after = fixture.loop.statistics
      let name = "\(column), \(row.error)"
      if verdict == .surface {
        #expect(outcome.result == -row.error.rawValue, "\(name)")
        #expect(outcome.attempts == 1, "\(name)")
      } else {
        #expect(column.isSuccess(outcome.result), "\(name): \(outcome.result)")
        #expect(after.count(of: verdict) > before.count(of: verdict), "\(name)")
      }
      if column.operation == .accept, outcome.result > 0 { Glibc.close(outcome.result) }
      #expect(fixture.loop.operationCount == 0, "\(name)")
    }
    #expect(fixture.plan.count == InjectionTable.Column.allCases.count)
    #expect(fixture.loop.pool.availableCount == 4)
    fixture.stop()
  }

  /// A policy, a request, an errno that does not go away, and how many attempts that makes.
  struct Bound: Sendable {
    var policy = ResubmissionPolicy.completion
    let column: InjectionTable.Column
    let error: Errno
    let attempts: Int
  }

  @Test(
    "An answer that stays wrong is told after a known number of attempts",
    arguments: [
      Bound(column: .receive, error: .interrupted, attempts: 16),
      Bound(column: .receiveMany, error: .resourceTemporarilyUnavailable, attempts: 16),
      Bound(column: .receiveMany, error: .canceled, attempts: 16),
      Bound(column: .send, error: .interrupted, attempts: 16),
      Bound(column: .send, error: .resourceTemporarilyUnavailable, attempts: 16),
      Bound(column: .accept, error: .notPermitted, attempts: 16),
      Bound(column: .sendZeroCopy, error: .notSupportedOnSocket, attempts: 2),
      Bound(column: .receiveMany, error: .invalidArgument, attempts: 2),
      Bound(
        policy: .nonblocking, column: .receive, error: .resourceTemporarilyUnavailable, attempts: 1),
      Bound(
        policy: .retry(limit: 5), column: .send, error: .resourceTemporarilyUnavailable,
        attempts: 6),
    ])
  func bounded(bound: Bound) throws {
    let fixture = try InjectionFixture()
    let sockets = try InjectionSockets()
    var operations = [bound.column.operation]
    if bound.column == .sendZeroCopy { operations.append(.send) }
    fixture.plan.begin(
      InjectionPlan.Storm(
        numbers: SeededNumbers(seed: 1), percentage: 100,
        errors: Dictionary(uniqueKeysWithValues: operations.map { ($0, [bound.error]) })))
    let outcome = try fixture.firstAnswer(
      to: bound.column.request(on: sockets, group: fixture.loop.pool.group), policy: bound.policy)
    #expect(outcome.result == -bound.error.rawValue)
    #expect(outcome.attempts == bound.attempts)
    #expect(fixture.plan.count == bound.attempts)
    fixture.stop()
  }

  @Test(
    "What is scarce is waited for as often as it takes",
    arguments: [
      (InjectionTable.Column.accept, Errno.tooManyOpenFiles), (.acceptMany, .noBufferSpace),
      (.acceptMany, .connectionAbort), (.receiveMany, .noBufferSpace),
    ])
  func scarce(column: InjectionTable.Column, error: Errno) throws {
    let fixture = try InjectionFixture()
    let sockets = try InjectionSockets()
    fixture.plan.answer(
      column.operation, with: [Int32](repeating: -error.rawValue, count: 20))
    let outcome = try fixture.firstAnswer(
      to: column.request(on: sockets, group: fixture.loop.pool.group))
    #expect(column.isSuccess(outcome.result), "\(outcome.result)")
    #expect(fixture.plan.count == 20)
    if column.operation == .accept { Glibc.close(outcome.result) }
    fixture.stop()
  }

  @Test("Backing off goes on until the answer is right")
  func backsOff() throws {
    let fixture = try InjectionFixture()
    let sockets = try InjectionSockets()
    let wouldBlock = -Errno.resourceTemporarilyUnavailable.rawValue
    fixture.plan.answer(.receive, with: [Int32](repeating: wouldBlock, count: 40))
    let outcome = try fixture.firstAnswer(
      to: InjectionTable.Column.receive.request(on: sockets, group: fixture.loop.pool.group),
      policy: .backoff(initial: .microseconds(10), limit: .microseconds(100)))
    #expect(outcome.result == 4)
    #expect(fixture.loop.statistics.count(of: .backOff) == 40)
    fixture.stop()
  }
}

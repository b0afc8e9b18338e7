// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import uring_bench

@Suite("Short connections over loops", .timeLimit(.minutes(2)))
struct BalanceTests {
  @Test(arguments: Steering.allCases)
  func everyConnectionIsCountedOnce(steering: Steering) throws {
    let run = BalanceRun(loopCount: 3, steering: steering, connectionCount: 200, atOnce: 8)
    let figures = try run.figures()
    #expect(figures.accepted.count == 3)
    #expect(figures.accepted.reduce(0, +) == 200)
  }

  @Test func sharesAreOverTheMean() {
    let figures = BalanceFigures(
      steering: .hash, accepted: [50, 100, 150, 100], nanoseconds: 1_000_000_000,
      cpuNanoseconds: 8_000_000)
    #expect(figures.shares.fewest == 0.5 && figures.shares.most == 1.5)
    // Four loops of 400: 2 × √(400 × ¼ × ¾) = 17.3 of 100.
    #expect(figures.cells == ["hash", "4", "0.50", "1.50", "0.17", "400", "20.0"])
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The line on standard error that says what runs, and for how long still.
final class ScaleProgress {
  private var time: RemainingTime
  private var place = ""
  private var phaseName = ""
  private var began: UInt64 = 0
  private var nextLine: UInt64 = 0
  /// On a terminal each line takes the place of the one before; in a file it does not.
  private let isTerminal = isatty(2) == 1
  private var isLineOpen = false

  init(estimates: [Double]) { time = RemainingTime(estimates: estimates) }

  /// A measurement begins.
  func begin(_ place: String) {
    self.place = place
    began = MonotonicClock.now
    nextLine = 0
  }

  /// The measurement enters a phase.
  func phase(_ name: String) {
    phaseName = name
    tick(nil)
  }

  /// May be called at any time; once a second it shows a line.
  ///
  /// - Parameter connections: How many there are, while they are opened.
  func tick(_ connections: Int?) {
    let now = MonotonicClock.now
    guard now >= nextLine else { return }
    nextLine = now + 1_000_000_000
    let count = connections.map { " (\(Numeral.grouped(Double($0))))" } ?? ""
    let left = RemainingTime.text(time.seconds(after: elapsed))
    show("\(place): \(phaseName)\(count), \(left) left")
  }

  /// The measurement has ended; `line` stays.
  func end(_ line: String) {
    time.finish(after: elapsed)
    clear()
    StandardLines.report("\(place): \(line)")
  }

  private var elapsed: Double { Double(MonotonicClock.now - began) / 1e9 }

  private func show(_ line: String) {
    guard isTerminal else { return StandardLines.report(line) }
    StandardLines.write("\r\u{1B}[K" + line, to: 2)
    isLineOpen = true
  }

  private func clear() {
    guard isLineOpen else { return }
    StandardLines.write("\r\u{1B}[K", to: 2)
    isLineOpen = false
  }
}

/// How long measurements still take, from estimates and from how those that ended compare with them.
struct RemainingTime {
  private var estimates: [Double]
  private var spent = 0.0
  private var expected = 0.0

  /// - Parameter estimates: Seconds of each measurement, in the order in which they run.
  init(estimates: [Double]) { self.estimates = estimates }

  /// Seconds left, when the running measurement has taken `elapsed`.
  func seconds(after elapsed: Double) -> Double {
    let pace = expected > 0 ? spent / expected : 1
    let running = (estimates.first ?? 0) * pace
    return max(0, running - elapsed) + estimates.dropFirst().reduce(0, +) * pace
  }

  /// The running measurement has ended.
  mutating func finish(after elapsed: Double) {
    guard !estimates.isEmpty else { return }
    expected += estimates.removeFirst()
    spent += elapsed
  }

  /// `45 s`, `12 min`.
  static func text(_ seconds: Double) -> String {
    seconds < 90 ? "\(Numeral.fixed(seconds, 0)) s" : "\(Numeral.fixed(seconds / 60, 0)) min"
  }
}

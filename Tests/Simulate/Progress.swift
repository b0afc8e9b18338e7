// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A line that grows: on a terminal in place, elsewhere only its end.
struct Progress {
  private let name: String
  private let total: Int
  private let isTerminal = isatty(STDOUT_FILENO) == 1
  private var shownPercent = -1

  init(_ name: String, of total: Int) {
    self.name = name
    self.total = max(1, total)
  }

  mutating func show(_ done: Int) {
    let percent = min(100, done * 100 / total)
    guard isTerminal, percent != shownPercent else { return }
    shownPercent = percent
    print("\r\(name)  \(percent) %", terminator: "")
    fflush(nil)
  }

  func end(_ text: String) {
    print("\(isTerminal ? "\r" : "")\(name)  \(text)")
    fflush(nil)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// The last things that happened, as text.
struct Trace {
  /// Lines that are kept; 0 for none, which costs nothing.
  let limit: Int
  private var lines: [String] = []
  private var start = 0

  init(limit: Int) {
    self.limit = limit
  }

  mutating func note(at time: UInt64, _ text: @autoclosure () -> String) {
    guard limit > 0 else { return }
    let line = "\(time / 1000) µs  \(text())"
    if lines.count < limit {
      lines.append(line)
    } else {
      lines[start] = line
      start = (start + 1) % limit
    }
  }

  /// Oldest first.
  var all: [String] { Array(lines[start...] + lines[..<start]) }
}

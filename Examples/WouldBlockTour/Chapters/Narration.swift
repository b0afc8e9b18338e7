// SPDX-License-Identifier: Apache-2.0

/// What the tour tells, line by line.
public struct Narration: Sendable {
  /// The lines so far.
  public private(set) var lines: [String] = []
  private let onLine: @Sendable (String) -> Void

  /// Starts a tour.
  ///
  /// - Parameter onLine: Called with each line as it is told.
  public init(onLine: @escaping @Sendable (String) -> Void = { _ in }) {
    self.onLine = onLine
  }

  mutating func chapter(_ title: String) {
    if !lines.isEmpty { add("") }
    add(title)
  }

  /// One fact about one call.
  mutating func tell(_ call: String, _ text: String) {
    let padding = String(repeating: " ", count: max(1, 9 - call.count))
    add("  " + call + padding + text)
  }

  private mutating func add(_ line: String) {
    lines.append(line)
    onLine(line)
  }
}

/// The tour went otherwise than it tells.
public struct TourError: Error, CustomStringConvertible {
  /// What was expected, and what came.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Stops the tour where the kernel does not do what is told.
func expect(_ holds: Bool, _ expectation: @autoclosure () -> String) throws(TourError) {
  guard holds else { throw TourError("expected: " + expectation()) }
}

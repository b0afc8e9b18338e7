// SPDX-License-Identifier: Apache-2.0

/// How many faults of which kind happened.
public struct FaultCounts: Hashable, Sendable {
  /// Only faults that happened.
  public private(set) var counts: [Fault: Int] = [:]

  /// Nothing has happened.
  public init() {}

  init(_ counts: [(Fault, Int)]) {
    for (fault, count) in counts where count > 0 { self.counts[fault] = count }
  }

  /// How often a fault happened.
  public subscript(fault: Fault) -> Int { counts[fault] ?? 0 }

  /// How many faults happened.
  public var total: Int { counts.values.reduce(0, +) }

  /// Adds the faults of another run.
  public mutating func add(_ other: FaultCounts) {
    counts.merge(other.counts, uniquingKeysWith: +)
  }
}

extension FaultCounts: CustomStringConvertible {
  /// One line a fault, in a fixed order.
  public var description: String {
    counts.map { "\($0.value)  \($0.key)" }
      .sorted { $0.drop { $0.isNumber } < $1.drop { $0.isNumber } }
      .joined(separator: "\n")
  }
}

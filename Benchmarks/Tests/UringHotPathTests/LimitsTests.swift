// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Testing

@testable import uring_hot_path

@Suite("Limits of the hot path")
struct LimitsTests {
  private func limits(_ text: String) throws -> Limits {
    try Limits(json: Data(text.utf8))
  }

  private func all(_ value: Double) -> [Measure: Double] {
    Dictionary(uniqueKeysWithValues: Measure.allCases.map { ($0, value) })
  }

  private var text: String {
    let pairs = Measure.allCases.map { "\"\($0.rawValue)\": 1.5" }.joined(separator: ", ")
    return "{\"handler-1\": {\(pairs)}}"
  }

  @Test("a figure at its limit passes, one above does not")
  func overTheLimit() throws {
    let limits = try limits(text)
    #expect(limits.problems(of: "handler-1", all(1.5)) == [])
    var figures = all(1)
    figures[.allocations] = 2
    #expect(
      limits.problems(of: "handler-1", figures)
        == ["handler-1 allocations: 2 a message, at most 1.500"])
  }

  @Test("what cannot be counted, or has no limit, does not pass")
  func missing() throws {
    let limits = try limits(text)
    var figures = all(1)
    figures[.instructions] = nil
    #expect(limits.problems(of: "handler-1", figures).count == 1)
    #expect(limits.problems(of: "async-1", all(1)).count == Measure.allCases.count)
  }

  @Test("a measure that there is not is refused")
  func misspelt() throws {
    #expect(throws: DecodingError.self) { try limits("{\"handler-1\": {\"alocations\": 1}}") }
  }

  @Test(
    "numbers have three digits or none after the point",
    arguments: [
      (0.0, "0"), (12.0, "12"), (0.05, "0.050"), (-0.25, "-0.250"), (1234.5678, "1234.568"),
    ])
  func numbers(value: Double, text: String) {
    #expect(ResultLine.number(value) == text)
  }
}

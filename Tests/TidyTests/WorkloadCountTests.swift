// SPDX-License-Identifier: Apache-2.0

import Testing

/// What the README says of the workloads is what there is.
@Suite struct WorkloadCountTests {
  private static let words = [
    10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen",
  ]

  @Test func theReadmeCountsTheWorkloads() throws {
    let source = try #require(Tree.read("Tests/Workloads/Workloads/Workload.swift"))
    let count = source.lines.count { $0.hasPrefix("  case ") }
    let word = try #require(Self.words[count], "\(count) workloads")
    let readme = try #require(Tree.read("README.md"))
    #expect(readme.lines.contains { $0.contains("\(word) workloads") })
  }
}

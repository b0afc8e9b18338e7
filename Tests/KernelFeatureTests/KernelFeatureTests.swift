// SPDX-License-Identifier: Apache-2.0

public import KernelChecks
public import Testing
import Uring

/// Every behaviour of the kernel that the library relies on or has to know of, one test a
/// behaviour; `uring-features` shows the same checks as a table.
@Suite("Kernel behaviours", .timeLimit(.minutes(10)))
struct KernelFeatureTests {
  @Test("The kernel behaves as described", arguments: KernelCheck.all)
  func behaves(_ check: KernelCheck) throws {
    let result = check.run()
    switch result {
    case .behaves:
      break
    case .differs(let how):
      Issue.record("\(check.name): \(check.title) Here: \(how)")
    case .absent(let reason), .skipped(let reason):
      try skipCase(
        check.name, "\(result.word), \(reason)",
        isRequired: Requirement.current.demands(check))
    }
  }
}

extension KernelCheck: CustomTestStringConvertible {
  /// The name, in a test's output.
  public var testDescription: String { name }
}

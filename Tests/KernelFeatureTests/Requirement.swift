// SPDX-License-Identifier: Apache-2.0

import Glibc
import KernelChecks
import Testing
import Uring

/// What must not be skipped: `URING_REQUIRE_FEATURES` is `full`, or a lower tier.
enum Requirement {
  /// Whatever is missing is skipped, with the reason.
  case nothing
  /// Everything that belongs to a tier and those below it.
  case tier(KernelTier)
  /// Everything.
  case everything

  /// What the environment asks for.
  ///
  /// A value that means nothing ends the process: the run would prove less than meant.
  static let current: Self = {
    guard let value = unsafe getenv("URING_REQUIRE_FEATURES") else { return .nothing }
    switch unsafe String(cString: value) {
    case "": return .nothing
    case "full": return .everything
    case "degraded": return .tier(.degraded)
    case "one-shot": return .tier(.oneShot)
    case let other: preconditionFailure("URING_REQUIRE_FEATURES asks for no tier: \(other)")
    }
  }()

  /// Whether a check must not be skipped.
  func demands(_ check: KernelCheck) -> Bool {
    switch self {
    case .nothing: false
    case .tier(let required): check.tier.map { $0 <= required } ?? false
    case .everything: true
    }
  }

  /// Whether nothing at all must be skipped.
  var demandsEverything: Bool {
    if case .everything = self { true } else { false }
  }
}

/// Skips one case of a test with arguments; a required one fails.
///
/// Swift Testing says nothing of a case that is cancelled, and a skip must be seen.
func skipCase(_ name: String, _ reason: String, isRequired: Bool) throws {
  Issue.record(
    "Test \(name) \(isRequired ? "required" : "skipped"): \(reason)",
    severity: isRequired ? .error : .warning)
  if !isRequired { try Test.cancel() }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Uring

extension Trait where Self == ConditionTrait {
  /// Skips a test where the running kernel lacks what it is about, and names that.
  static func needs(_ features: KernelFeature...) -> Self {
    let missing = KernelFeatures(features).subtracting(runningKernel)
    return .enabled(if: missing == [] || mustNotSkip, "the kernel lacks \(missing)")
  }
}

/// Skips one set of flags of a test that takes several, where the running kernel lacks it.
///
/// Swift Testing says nothing of a case that is cancelled, and a skip must be seen.
func skipUnlessTaken(_ flags: SetupFlags, function: String = #function) throws {
  let needed = KernelFeature.allCases.filter { feature in
    if case .setupFlag(let flag) = feature.evidence { flags.contains(flag) } else { false }
  }
  let missing = KernelFeatures(needed).subtracting(runningKernel)
  guard missing != [] else { return }
  Issue.record(
    "Test \(function) skipped: the kernel lacks \(missing)",
    severity: mustNotSkip ? .error : .warning)
  if !mustNotSkip { try Test.cancel() }
}

/// What the running kernel can do, whatever the environment hides: these tests hide for themselves.
private let runningKernel: KernelFeatures =
  KernelFeatures.askByQuery() ?? (try? KernelFeatures.askByTrial()) ?? []

/// Whether a skip is a failure.
private let mustNotSkip: Bool = {
  guard let value = unsafe getenv("URING_REQUIRE_FEATURES") else { return false }
  return unsafe String(cString: value) == "full"
}()

// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import Testing

/// Cancellation and shutdown at every moment.
@Suite("Storms", .serialized, .timeLimit(.minutes(10)))
struct StormTests {
  @Test("Everything ends, and no byte is wrong", arguments: StormPlan.all)
  func storm(plan: StormPlan) async throws {
    let violations = try await Storm(plan: plan).run()
    #expect(violations == [], "STRESS_SEED=\(plan.seed) STRESS_ROUNDS=1 does it again")
  }

  @Test("No descriptor is left of a storm")
  func descriptors() async {
    await #expect(processExitsWith: .success) {
      var seed: UInt64 = 0
      try await leavingNoDescriptors(times: 6) {
        seed += 1
        _ = try await Storm(plan: StormPlan(seed: seed)).run()
      }
    }
  }
}

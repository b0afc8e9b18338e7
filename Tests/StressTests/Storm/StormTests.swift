import CompletionIO
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
      // A rehearsal: the concurrency runtime opens descriptors of its own.
      _ = try await Storm(plan: StormPlan(seed: 7)).run()
      let before = openDescriptorCount()
      for seed in 1...6 as ClosedRange<UInt64> {
        _ = try await Storm(plan: StormPlan(seed: seed)).run()
        var count = openDescriptorCount()
        for _ in 0..<50_000 where count > before {
          // The kernel closes a ring in its own time.
          await Task.yield()
          count = openDescriptorCount()
        }
        require(count <= before, "\(count) descriptors, not \(before)")
      }
    }
  }
}

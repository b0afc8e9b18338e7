// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import TestSupport

/// Does something several times and waits each time until no descriptor is left of it.
///
/// The first time is a rehearsal: the concurrency runtime opens descriptors of its own.
package func leavingNoDescriptors(
  times: Int = 3, _ body: () async throws -> Void
) async throws {
  try await body()
  let group = try CompletionLoopGroup(count: 1)
  await group.close()
  var before = openDescriptorCount()
  for _ in 0..<times {
    try await body()
    var count = openDescriptorCount()
    for _ in 0..<50_000 where count > before {
      // Loops that nobody waits for end in their own time, and the kernel closes rings in its own.
      await Task.yield()
      count = openDescriptorCount()
    }
    require(count <= before, "\(count) descriptors, not \(before)")
    before = count
  }
}

// SPDX-License-Identifier: Apache-2.0

/// The tour: what accept, recv, send and connect do when they would block.
public enum Tour {
  /// Runs all chapters on sockets of this machine.
  ///
  /// - Parameter narration: What is told goes here.
  /// - Throws: ``TourError`` when the kernel does otherwise, or what a socket call throws.
  public static func run(telling narration: inout Narration) async throws {
    // Calls that wait do so on a thread that has no ring: a ring may interrupt them (EINTR).
    narration = try WaitingThread { [start = narration] in
      var narration = start
      try BlockingChapter.run(telling: &narration)
      try TimeoutChapter.run(telling: &narration)
      try NonblockingChapter.run(telling: &narration)
      try SleepAndRetryChapter.run(telling: &narration)
      try EventLoopChapter.run(telling: &narration)
      return narration
    }.value()
    try await CompletionChapter.run(telling: &narration)
  }
}

// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Timeouts by themselves, on every kernel.
@Suite struct TimeoutContracts {
  @Test func fires() throws {
    try Contract.check { stage in
      for time in [Duration.milliseconds(1), .microseconds(1), .zero, .seconds(-1)] {
        try stage.perform("timeout", .timeout(after: time))
      }
    }
  }

  /// The earliest comes first, whatever order they were asked for in.
  @Test func several() throws {
    try Contract.check { stage in
      let never = stage.submit("never", .timeout(after: .seconds(Int64.max)))
      stage.submit("third", .timeout(after: .milliseconds(3)))
      stage.submit("first", .timeout(after: .milliseconds(1)))
      stage.submit("second", .timeout(after: .milliseconds(2)))
      try stage.completeInOrder(3)
      stage.submit("cancel", .cancel(never))
      try stage.completeInOrder(2)
    }
  }

  @Test func cancel() throws {
    // Readiness ends a timeout with the cancel that finds it, a ring with the work behind the batch.
    try Contract.check(compared: { answers in answers.sorted() }) { stage in
      let timeout = stage.submit("timeout", .timeout(after: .seconds(3600)))
      try stage.completeAtOnce()
      stage.submit("cancel", .cancel(timeout))
      try stage.completeInOrder(2)
      try stage.perform("too late", .cancel(timeout))
      // In one batch, and twice: the second one finds it no more.
      let other = stage.submit("other", .timeout(after: .seconds(3600)))
      stage.submit("cancel", .cancel(other))
      stage.submit("once more", .cancel(other))
      try stage.completeInOrder(3)
      let fired = stage.submit("fires", .timeout(after: .milliseconds(1)))
      try stage.complete()
      try stage.perform("after it", .cancel(fired))
    }
  }

  /// A pair that does not fit is not taken in part.
  @Test func fullQueue() throws {
    try Contract.check(
      configuration: RingConfiguration(submissionEntryCount: 4, completionEntryCount: 16)
    ) { stage in
      try stage.completeAtOnce()
      for index in 1...3 { stage.submit("nop \(index)", .nop) }
      for _ in 0..<2 {
        let isTaken = stage.kernel.prepare(
          .nop, token: Token(slot: 3, generation: 0, operation: .nop), timeout: .seconds(3600),
          timeoutToken: Token(slot: 4, generation: 0, operation: .linkTimeout))
        stage.note("taken: \(isTaken), prepared: \(stage.kernel.preparedCount)")
      }
      stage.submit("nop 4", .nop)
      let isTaken = stage.kernel.prepare(
        .timeout(after: .zero), token: Token(slot: 3, generation: 0, operation: .timeout))
      stage.note("taken: \(isTaken), prepared: \(stage.kernel.preparedCount)")
      try stage.complete(4)
      // Two places are enough.
      for index in 1...2 { stage.submit("nop \(index)", .nop) }
      stage.submit("nop 3", .nop, endedAfter: .seconds(3600))
      stage.note("prepared: \(stage.kernel.preparedCount)")
      try stage.completeSorted(4)
    }
  }

  /// Everything ends with a cancel of all; a linked timeout with its request, uncounted.
  @Test(.onNewKernels) func cancelAll() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.submit("timeout", .timeout(after: .seconds(3600)))
      stage.submit("poll", .poll(.file(server), mask: 1), endedAfter: .seconds(3600))
      try stage.completeAtOnce()
      stage.submit("cancel", .cancelAll)
      try stage.completeSorted(4)
      stage.close(client, server)
    }
  }

  /// A timeout is a request like others, and can have a timeout.
  @Test(.onNewKernels) func timeoutOfTimeout() throws {
    try Contract.check { stage in
      stage.submit("short", .timeout(after: .milliseconds(1)), endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      stage.submit("long", .timeout(after: .seconds(3600)), endedAfter: .milliseconds(1))
      try stage.completeInOrder(2)
    }
  }
}

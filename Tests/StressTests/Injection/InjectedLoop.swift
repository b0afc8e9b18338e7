// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Uring

@testable import CompletionIO

/// A loop on an injecting ring, on a thread of its own.
@safe
final class InjectedLoop: Sendable {
  let loop: CompletionLoop
  let plan: InjectionPlan
  private let end: Event

  private init(_ loop: CompletionLoop, _ plan: InjectionPlan, _ end: Event) {
    self.loop = loop
    self.plan = plan
    self.end = end
  }

  static func start(_ configuration: LoopConfiguration) async throws -> InjectedLoop {
    let plan = InjectionPlan()
    let end = Event()
    let loop = try await withCheckedThrowingContinuation { continuation in
      detachThread {
        do {
          var ring = InjectingRing(ring: try Ring(configuration.ring), plan: plan)
          let loop = try CompletionLoop(
            configuration: configuration.onThisKernel)
          try loop.prepare(&ring.ring)
          continuation.resume(returning: loop)
          loop.run(on: &ring)
          end.happen()
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
    return InjectedLoop(loop, plan, end)
  }

  func stop() async {
    loop.stop()
    await end.wait()
  }
}

extension LoopConfiguration {
  /// Without buffers that are filled in pieces, where the kernel under test has none.
  var onThisKernel: Self {
    var configuration = self
    if !kernelFeatures.contains(.incrementalBuffers) { configuration.incrementalBufferSize = nil }
    return configuration
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// The kernel of a ``HostedLoop``, which can be kept for ever.
class HostedKernel {
  /// Readable when completions have come, or could.
  var descriptor: FileDescriptor { preconditionFailure("of no kernel") }
  /// Whether completions are left, or requests that could go on.
  var hasWork: Bool { preconditionFailure("of no kernel") }
  /// Requests that the kernel has not taken.
  var preparedCount: Int { preconditionFailure("of no kernel") }

  @unsafe
  func turn(
    _ loop: CompletionLoop, _ batch: UnsafeMutableBufferPointer<Completion>, _ limit: Duration?
  ) {
    preconditionFailure("of no kernel")
  }

  typealias Made = (loop: CompletionLoop, hosted: HostedKernel, kernel: LoopKernel)

  /// Makes a loop on the calling thread, and what it runs on.
  static func make(
    _ choice: KernelChoice, _ configuration: LoopConfiguration
  ) throws(RingSetupError) -> Made {
    try choice.carryOut(
      for: configuration,
      onRing: { () throws(RingSetupError) in try makeRing(configuration) },
      onReadiness: { (error) throws(RingSetupError) in
        try makeReadiness(configuration, because: error)
      })
  }

  private static func makeRing(
    _ configuration: LoopConfiguration
  ) throws(RingSetupError) -> Made {
    let features = try LoopThread.features(for: configuration)
    let hosted = HostedRing(try LoopThread.makeRing(configuration))
    let loop = try CompletionLoop(configuration: configuration, features: features)
    try loop.prepare(&hosted.ring)
    return (loop, hosted, .ring)
  }

  private static func makeReadiness(
    _ configuration: LoopConfiguration, because error: RingSetupError?
  ) throws(RingSetupError) -> Made {
    let hosted = HostedReadiness(try LoopThread.makeReadinessKernel(configuration))
    let loop = try CompletionLoop(
      configuration: configuration, features: ReadinessFeatures.all)
    hosted.kernel.provide(from: loop.pool)
    return (loop, hosted, .readiness(because: error))
  }
}

private final class HostedRing: HostedKernel {
  var ring: Ring

  init(_ ring: consuming Ring) { self.ring = ring }

  override var descriptor: FileDescriptor { ring.descriptor }
  override var hasWork: Bool { false }
  override var preparedCount: Int { ring.preparedCount }

  @unsafe
  override func turn(
    _ loop: CompletionLoop, _ batch: UnsafeMutableBufferPointer<Completion>, _ limit: Duration?
  ) {
    unsafe loop.turn(on: &ring, batch: batch, limit: limit)
  }
}

private final class HostedReadiness: HostedKernel {
  var kernel: ReadinessKernel<LinuxCalls>

  init(_ kernel: consuming ReadinessKernel<LinuxCalls>) { self.kernel = kernel }

  override var descriptor: FileDescriptor { kernel.calls.descriptor }
  override var hasWork: Bool { kernel.hasWork }
  override var preparedCount: Int { kernel.preparedCount }

  @unsafe
  override func turn(
    _ loop: CompletionLoop, _ batch: UnsafeMutableBufferPointer<Completion>, _ limit: Duration?
  ) {
    unsafe loop.turn(on: &kernel, batch: batch, limit: limit)
  }
}

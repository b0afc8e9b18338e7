// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import Uring

/// The kernel of one loop in a simulation.
class DrivenKernel {
  /// Turns a loop once.
  @unsafe
  func turn(_ loop: CompletionLoop, _ batch: UnsafeMutableBufferPointer<Completion>) {
    preconditionFailure("of no kernel")
  }

  /// Requests that the kernel has not taken.
  var preparedCount: Int { preconditionFailure("of no kernel") }
  /// Whether its loop waits, and only time or somebody else can bring it further.
  var isWaiting: Bool { preconditionFailure("of no kernel") }
  /// When the wait is over at the latest.
  var wakeTime: UInt64 { preconditionFailure("of no kernel") }

  /// What is wrong with the places of its loop's flights and buffers, between two turns.
  func problem(of loop: CompletionLoop) -> String? { preconditionFailure("of no kernel") }
}

/// A ring.
final class DrivenRing: DrivenKernel {
  private var ring: SimulatedRing

  init(_ ring: SimulatedRing) { self.ring = ring }

  @unsafe
  override func turn(_ loop: CompletionLoop, _ batch: UnsafeMutableBufferPointer<Completion>) {
    unsafe loop.turn(on: &ring, batch: batch)
  }

  override var preparedCount: Int { ring.preparedCount }
  override var isWaiting: Bool { ring.isWaiting && ring.isQuiet }
  override var wakeTime: UInt64 { ring.wakeTime }

  override func problem(of loop: CompletionLoop) -> String? {
    loop.problem(owed: ring.owed, bufferCount: ring.bufferCount)
  }
}

/// Completions that are made of readiness.
final class DrivenReadiness: DrivenKernel {
  private let calls: SimulatedCalls
  private var kernel: ReadinessKernel<SimulatedCalls>
  private var pendingCount = 0

  init(
    on machine: SimulatedMachine, _ configuration: LoopConfiguration, _ pool: BufferPool
  ) {
    calls = SimulatedCalls(on: machine)
    kernel = ReadinessKernel(calls, configuration.ring)
    kernel.provide(from: pool)
  }

  @unsafe
  override func turn(_ loop: CompletionLoop, _ batch: UnsafeMutableBufferPointer<Completion>) {
    // A kernel with completions at hand does not even look for events.
    calls.isWaiting = false
    unsafe loop.turn(on: &kernel, batch: batch)
    calls.machine.armedCount += kernel.pendingCount - pendingCount
    pendingCount = kernel.pendingCount
  }

  override var preparedCount: Int { kernel.preparedCount }

  override var isWaiting: Bool {
    calls.isWaiting && calls.isQuiet && kernel.preparedCount == 0 && !kernel.hasWork
  }

  override var wakeTime: UInt64 { calls.wakeTime }

  override func problem(of loop: CompletionLoop) -> String? {
    loop.problem(owed: kernel.owed, bufferCount: kernel.bufferCount)
  }
}

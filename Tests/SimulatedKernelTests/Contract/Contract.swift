// SPDX-License-Identifier: Apache-2.0

import CLiburing
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO
@testable import SimulatedKernel
@testable import Uring

/// A script of raw requests that must be answered alike by all kernels: the ring, the simulated
/// ring, and completions made of readiness, of the real kernel's and of a simulated one's.
struct Contract: Sendable {
  /// How many buffers the pool has, and how large they are.
  let buffers: (count: Int, byteCount: Int)
  /// Whether they are filled in pieces, which only a ring can do.
  let isIncremental: Bool
  let configuration: RingConfiguration
  let directTableCapacity: UInt32
  let script: @Sendable (Stage) throws -> Void

  /// Runs a script on every kernel, and compares what they say.
  ///
  /// A script needs a ring if only a ring can do what it asks: a table of descriptors, notifications
  /// of memory that was lent. With descriptors of its own, its thread has a table where nobody else
  /// takes numbers. Readiness must agree with a ring in the compared answers: all, in their order,
  /// unless a script says why not.
  static func check(
    buffers: (count: Int, byteCount: Int) = (4, 16), isIncremental: Bool = false,
    configuration: RingConfiguration = RingConfiguration(
      submissionEntryCount: 16, completionEntryCount: 64),
    directTableCapacity: UInt32 = 0, needsRing: Bool = false, ownDescriptors: Bool = false,
    compared: ([String]) -> [String] = { $0 }, sourceLocation: SourceLocation = #_sourceLocation,
    _ script: @escaping @Sendable (Stage) throws -> Void
  ) throws {
    let contract = Contract(
      buffers: buffers, isIncremental: isIncremental, configuration: configuration,
      directTableCapacity: directTableCapacity,
      script: script)
    let around = ownDescriptors ? withOwnDescriptors : { try $0() }
    let real = try around { try contract.onRealKernel() }
    #expect(!real.isEmpty, sourceLocation: sourceLocation)
    // Several seeds, so that the order of events is no accident.
    for seed in 1...3 as ClosedRange<UInt64> {
      let simulated = try contract.onSimulatedKernel(seed: seed)
      #expect(simulated == real, "seed \(seed)", sourceLocation: sourceLocation)
    }
    guard !needsRing, !isIncremental, directTableCapacity == 0 else { return }
    let expected = compared(real)
    let ready = try around { try contract.onReadiness() }
    #expect(compared(ready) == expected, "on readiness", sourceLocation: sourceLocation)
    for seed in 1...2 as ClosedRange<UInt64> {
      let simulated = compared(try contract.onSimulatedReadiness(seed: seed))
      #expect(
        simulated == expected, "on readiness, seed \(seed)", sourceLocation: sourceLocation)
    }
  }

  private static func withOwnDescriptors(
    _ body: @escaping @Sendable () throws -> [String]
  ) throws -> [String] {
    let answers = Mutex<Result<[String], any Error>>(.success([]))
    try onOtherThread {
      let result = Result {
        guard curing_start_descriptors_anew() == 0 else { throw Errno(rawValue: errno) }
        return try body()
      }
      answers.withLock { $0 = result }
    }
    return try answers.withLock { $0 }.get()
  }

  private func onRealKernel() throws -> [String] {
    var ring = try Ring(configuration)
    if directTableCapacity > 0 { try ring.makeDirectTable(capacity: directTableCapacity) }
    let pool = try makePool()
    try ring.register(pool)
    return try answers(on: Stage(ring, KernelSocketCalls(), pool))
  }

  private func onSimulatedKernel(seed: UInt64) throws -> [String] {
    let machine = SimulatedMachine(seed: seed)
    let ring = SimulatedRing(
      on: machine, configuration, directTableCapacity: Int(directTableCapacity))
    let pool = try makePool()
    ring.provide(from: pool)
    return try answers(on: Stage(ring, machine, pool) { machine.letEverythingArrive() })
  }

  private func onReadiness() throws -> [String] {
    var kernel = ReadinessKernel(try LinuxCalls(), configuration)
    let pool = try makePool()
    kernel.provide(from: pool)
    return try answers(on: Stage(kernel, KernelSocketCalls(), pool))
  }

  private func onSimulatedReadiness(seed: UInt64) throws -> [String] {
    let machine = SimulatedMachine(seed: seed)
    var kernel = ReadinessKernel(SimulatedCalls(on: machine), configuration)
    let pool = try makePool()
    kernel.provide(from: pool)
    return try answers(on: Stage(kernel, machine, pool) { machine.letEverythingArrive() })
  }

  private func makePool() throws -> BufferPool {
    try BufferPool(
      capacity: buffers.count, bufferSize: buffers.byteCount, isIncremental: isIncremental)
  }

  private func answers(on stage: Stage) throws -> [String] {
    try script(stage)
    // Ends what is left, so that no memory is in use by a request when it goes; scripts for older
    // kernels leave nothing.
    if Self.isNewKernel {
      try stage.perform("end", .cancelAll)
      try stage.completeAtOnce()
    }
    return stage.answers
  }
}

extension SimulatedMachine {
  fileprivate func letEverythingArrive() { advance(to: now + 10_000_000) }
}

extension Contract {
  /// Whether completions come in the order of a new kernel, with nothing hidden.
  static let hasKnownOrder: Bool = {
    let needed: KernelFeatures = [
      .deferTaskrun, .sendZeroCopy, .acceptMultishot, .receiveMultishot, .pollFirst,
      .acceptDoNotWait, .cancelAll, .bufferRing, .directDescriptors,
    ]
    let found = try? KernelFeatures.discover()
    return needed.subtracting(found ?? []).all.isEmpty
  }()

  /// Whether the running kernel is of Linux 6.10 at least, whatever the environment hides.
  static let isNewKernel: Bool = {
    let found = KernelFeatures.askByQuery() ?? (try? KernelFeatures.askByTrial())
    return found?.contains(.acceptDoNotWait) ?? false
  }()
}

extension Trait where Self == ConditionTrait {
  /// Skips scripts that an old kernel, or one that hides features, could not run.
  static var onCapableKernels: Self {
    .enabled(if: Contract.hasKnownOrder, "the kernel lacks what the scripts use (Linux 6.10)")
  }

  /// Skips scripts of buffers that are filled in pieces, where the kernel cannot do that.
  static var onKernelsWithPieces: Self {
    .enabled(
      if: Contract.hasKnownOrder && kernelFeatures.contains(.incrementalBuffers),
      "the kernel fills no buffer in pieces (Linux 6.12)")
  }

  /// Skips scripts that an old kernel answers in another way, and no others.
  static var onNewKernels: Self {
    .enabled(if: Contract.isNewKernel, "the kernel is older than Linux 6.10")
  }
}

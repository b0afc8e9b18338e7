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
protocol Script: SendableMetatype {
  /// How many buffers the pool has, and how large they are.
  static var buffers: (count: Int, byteCount: Int) { get }
  static var configuration: RingConfiguration { get }
  static var directTableCapacity: UInt32 { get }
  /// Whether only a ring can do what the script asks: a table of descriptors, notifications of
  /// memory that was lent.
  static var needsRing: Bool { get }
  /// The answers in which readiness must agree with a ring; all, in their order, unless a script says
  /// why not.
  static func compared(_ answers: [String]) -> [String]
  static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws
}

extension Script {
  static var buffers: (count: Int, byteCount: Int) { (4, 16) }
  static var configuration: RingConfiguration {
    RingConfiguration(submissionEntryCount: 16, completionEntryCount: 64)
  }
  static var directTableCapacity: UInt32 { 0 }
  static var needsRing: Bool { directTableCapacity > 0 }
  static func compared(_ answers: [String]) -> [String] { answers }
}

/// Runs a script on every kernel, and compares what they say.
enum Contract {
  static func check(
    _ script: (some Script).Type, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try compare(script, with: onRealKernel(script), sourceLocation)
  }

  /// The same on a thread with a descriptor table of its own, where nobody else takes numbers.
  static func checkWithOwnDescriptors(
    _ script: (some Script).Type, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let real = try withOwnDescriptors { try onRealKernel(script) }
    try compare(script, with: real, sourceLocation) { body in
      try withOwnDescriptors(body)
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

  private static func compare(
    _ script: (some Script).Type, with real: [String], _ sourceLocation: SourceLocation,
    around: (@escaping @Sendable () throws -> [String]) throws -> [String] = { try $0() }
  ) throws {
    #expect(!real.isEmpty, sourceLocation: sourceLocation)
    // Several seeds, so that the order of events is no accident.
    for seed in 1...3 as ClosedRange<UInt64> {
      let simulated = try onSimulatedKernel(script, seed: seed)
      #expect(simulated == real, "seed \(seed)", sourceLocation: sourceLocation)
    }
    guard !script.needsRing else { return }
    let real = script.compared(real)
    let ready = try around { try onReadiness(script) }
    #expect(script.compared(ready) == real, "on readiness", sourceLocation: sourceLocation)
    for seed in 1...2 as ClosedRange<UInt64> {
      let simulated = try onSimulatedReadiness(script, seed: seed)
      #expect(
        script.compared(simulated) == real, "on readiness, seed \(seed)",
        sourceLocation: sourceLocation)
    }
  }

  private static func onReadiness(_ script: (some Script).Type) throws -> [String] {
    var kernel = ReadinessKernel(try LinuxCalls(), script.configuration)
    let pool = try BufferPool(
      capacity: script.buffers.count, bufferSize: script.buffers.byteCount)
    kernel.provide(from: pool)
    let stage = Stage(kernel, KernelSocketCalls(), pool)
    return try answers(of: script, on: stage)
  }

  private static func onSimulatedReadiness(
    _ script: (some Script).Type, seed: UInt64
  ) throws -> [String] {
    let machine = SimulatedMachine(seed: seed)
    var kernel = ReadinessKernel(SimulatedCalls(on: machine), script.configuration)
    let pool = try BufferPool(
      capacity: script.buffers.count, bufferSize: script.buffers.byteCount)
    kernel.provide(from: pool)
    let stage = Stage(kernel, machine, pool) { machine.advance(to: machine.now + 10_000_000) }
    return try answers(of: script, on: stage)
  }

  private static func onRealKernel(_ script: (some Script).Type) throws -> [String] {
    var ring = try Ring(script.configuration)
    if script.directTableCapacity > 0 {
      try ring.makeDirectTable(capacity: script.directTableCapacity)
    }
    let pool = try BufferPool(
      capacity: script.buffers.count, bufferSize: script.buffers.byteCount)
    try ring.register(pool)
    let stage = Stage(ring, KernelSocketCalls(), pool)
    return try answers(of: script, on: stage)
  }

  private static func onSimulatedKernel(
    _ script: (some Script).Type, seed: UInt64
  ) throws -> [String] {
    let machine = SimulatedMachine(seed: seed)
    let ring = SimulatedRing(
      on: machine, script.configuration, directTableCapacity: Int(script.directTableCapacity))
    let pool = try BufferPool(
      capacity: script.buffers.count, bufferSize: script.buffers.byteCount)
    ring.provide(from: pool)
    let stage = Stage(ring, machine, pool) { machine.advance(to: machine.now + 10_000_000) }
    return try answers(of: script, on: stage)
  }

  private static func answers<K: Kernel & ~Copyable>(
    of script: (some Script).Type, on stage: Stage<K>
  ) throws -> [String] {
    try script.run(on: stage)
    try drain(stage)
    return stage.answers
  }

  /// Ends what is left, so that no memory is in use by a request when it goes; scripts for older
  /// kernels leave nothing.
  private static func drain<K: Kernel & ~Copyable>(_ stage: Stage<K>) throws {
    guard isNewKernel else { return }
    stage.submit("end", .cancelAll)
    try stage.complete()
    try stage.completeAtOnce()
  }
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

  /// Skips scripts that an old kernel answers in another way, and no others.
  static var onNewKernels: Self {
    .enabled(if: Contract.isNewKernel, "the kernel is older than Linux 6.10")
  }
}

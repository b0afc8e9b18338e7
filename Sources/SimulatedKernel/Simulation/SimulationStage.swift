// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import Glibc
internal import Uring

/// One run: a machine, its loops, and who turns them.
@safe
final class SimulationStage {
  let machine: SimulatedMachine
  let groups: [CompletionLoopGroup]
  private let simulation: Simulation
  private var drivenLoops: [DrivenLoop]
  private let startTime: UInt64
  private var stepCount = 0
  private var window = SpinWindow()
  private let batch: UnsafeMutableBufferPointer<Completion>

  /// A loop on its kernel.
  private struct DrivenLoop {
    let loop: CompletionLoop
    let kernel: DrivenKernel
    let group: CompletionLoopGroup
    var hasEnded = false

    /// Whether only time or another loop can bring it further.
    func isIdle(at now: UInt64) -> Bool {
      hasEnded || (kernel.isWaiting && kernel.wakeTime > now && loop.isIdle)
    }
  }

  init(
    _ simulation: Simulation, _ configurations: [LoopConfiguration]
  ) throws(RingSetupError) {
    self.simulation = simulation
    let machine = SimulatedMachine(
      seed: simulation.seed, faults: simulation.faults,
      network: simulation.configuration.network,
      traceLimit: simulation.configuration.traceLimit)
    machine.isDriven = true
    self.machine = machine
    startTime = machine.now
    unsafe batch = .allocate(capacity: 512)
    var groups: [CompletionLoopGroup] = []
    var drivenLoops: [DrivenLoop] = []
    for configuration in configurations {
      var loops: [CompletionLoop] = []
      for _ in 0..<simulation.configuration.loopCount {
        loops.append(
          try CompletionLoop(
            configuration: configuration, socketCalls: machine, clock: { machine.now },
            features: simulation.configuration.offeredFeatures))
      }
      let group = CompletionLoopGroup(turning: loops, configuration: configuration)
      groups.append(group)
      for loop in loops {
        let kernel = Self.kernel(
          simulation.configuration.model, on: machine, configuration, loop.pool)
        loop.prepareToTurn()
        drivenLoops.append(DrivenLoop(loop: loop, kernel: kernel, group: group))
      }
    }
    self.groups = groups
    self.drivenLoops = drivenLoops
  }

  private static func kernel(
    _ model: SimulationConfiguration.Model, on machine: SimulatedMachine,
    _ configuration: LoopConfiguration, _ pool: BufferPool
  ) -> DrivenKernel {
    switch model {
    case .ring:
      DrivenRing(
        SimulatedRing(
          on: machine, configuration.ring,
          directTableCapacity: Int(configuration.directDescriptorCount)))
    case .readiness:
      DrivenReadiness(on: machine, configuration, pool)
    }
  }

  deinit {
    unsafe batch.deallocate()
  }

  /// Turns the loops until the body is done, stops them, and turns them to their ends.
  func drive(until isDone: () -> Bool) throws {
    var isStopping = false
    while drivenLoops.contains(where: { !$0.hasEnded }) {
      if !isStopping, isDone() {
        isStopping = true
        for driven in drivenLoops where !driven.hasEnded { driven.loop.stop() }
      }
      guard let index = nextIndex() else {
        try advance()
        continue
      }
      try step(index)
    }
    if machine.openDescriptorCount > 0 {
      machine.report("\(machine.openDescriptorCount) descriptors are left open")
    }
    try check()
  }

  /// One of the loops that have something to do.
  private func nextIndex() -> Int? {
    guard drivenLoops.count > 1 else { return drivenLoops[0].isIdle(at: machine.now) ? nil : 0 }
    let busy = drivenLoops.indices.filter { !drivenLoops[$0].isIdle(at: machine.now) }
    return busy.isEmpty ? nil : busy[machine.below(busy.count)]
  }

  private func step(_ index: Int) throws {
    stepCount += 1
    let (loop, kernel) = (drivenLoops[index].loop, drivenLoops[index].kernel)
    unsafe kernel.turn(loop, batch)
    if loop.endIfDrained(preparedCount: kernel.preparedCount) {
      drivenLoops[index].hasEnded = true
      drivenLoops[index].group.loopEnded()
    }
    try check()
    try simulation.afterStep?(SimulatedTurn(loop: loop, kernel: kernel, machine: machine))
    if window.isSpinning(machine) { throw error(.spinning) }
  }

  private func check() throws {
    guard !machine.violations.isEmpty else { return }
    throw error(.violated(machine.violations))
  }

  /// Lets time pass until something happens or somebody's wait is over.
  private func advance() throws {
    let wakeTime = drivenLoops.lazy.filter { !$0.hasEnded }.map { $0.kernel.wakeTime }.min() ?? .max
    let time = min(wakeTime, machine.nextEventTime ?? .max)
    if time < .max { return machine.advance(to: time) }
    // A task may have gone to another thread, where time is real.
    for _ in 0..<1000 {
      if nextIndex() != nil { return }
      usleep(1000)
    }
    throw error(.stalled)
  }

  // MARK: The record

  func error(_ reason: SimulationError.Reason) -> SimulationError {
    SimulationError(
      reason: reason, seed: simulation.seed, step: stepCount, elapsed: elapsed,
      trace: machine.recentTrace)
  }

  private var elapsed: Duration { .nanoseconds(Int64(machine.now - startTime)) }

  var report: SimulationReport {
    var report = SimulationReport()
    report.stepCount = stepCount
    report.enterCount = machine.enterCount
    report.requestCount = machine.requestCount
    report.elapsed = elapsed
    report.faults = machine.faultCounts
    report.digest = machine.digest
    report.statistics = drivenLoops.map { $0.loop.statistics }
    return report
  }
}

/// Sees whether enters get nowhere.
private struct SpinWindow {
  private var enterCount: UInt64 = 0
  private var usefulCount: UInt64 = 0
  private var time: UInt64 = 0

  /// Enters after which it looks.
  private static let length: UInt64 = 4096
  /// Enters that a useful completion may cost, and those that 50 µs may see: far more than a
  /// healthy loop needs.
  private static let entersForUse: UInt64 = 16
  private static let nanosecondsForEnter: UInt64 = 50_000

  mutating func isSpinning(_ machine: SimulatedMachine) -> Bool {
    let enters = machine.busyEnterCount - enterCount
    guard enters >= Self.length else { return false }
    let allowed =
      (machine.usefulCount - usefulCount) * Self.entersForUse
      + (machine.now - time) / Self.nanosecondsForEnter
    enterCount = machine.busyEnterCount
    usefulCount = machine.usefulCount
    time = machine.now
    return enters > allowed
  }
}

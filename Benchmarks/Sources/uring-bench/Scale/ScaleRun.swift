// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One measurement: fresh server processes, a fresh load, and all phases in turn.
struct ScaleRun {
  let settings: ScaleSettings
  let progress: ScaleProgress

  /// Never throws: a run that fails is a sample that says why.
  func sample(_ server: ScaleServer, connections: Int) -> ScaleSample {
    let plan = ServerPlan(
      server, connections: connections, descriptorLimit: settings.descriptorLimit,
      quietSeconds: settings.quietSeconds)
    var sample = ScaleSample(server, connections: connections, plan: plan)
    do {
      progress.phase("starting")
      let fleet = try ServerFleet(
        server, plan, cpus: settings.cpus,
        endsAfter: settings.limitSeconds(connections: connections))
      defer { fleet.end() }
      let workers = try LoadWorkers(
        loadPlan(connections), size: settings.size, ports: fleet.ports, tick: progress.tick)
      defer { workers.end() }
      sample.loadProcesses = workers.count
      try measure(&sample, plan, fleet, workers)
    } catch {
      sample.take(errors: 1, "\(error)")
    }
    return sample
  }

  private func loadPlan(_ connections: Int) -> WorkerPlan {
    WorkerPlan(
      connections: connections, descriptorLimit: settings.descriptorLimit,
      ports: WorkerPlan.ephemeralPorts)
  }

  private func measure(
    _ sample: inout ScaleSample, _ plan: ServerPlan, _ fleet: ServerFleet,
    _ workers: LoadWorkers
  ) throws {
    let resident = fleet.residentBytes
    let kernel = KernelMemory.steady { wait(until: MonotonicClock.now + 250_000_000) }
    try connect(&sample, workers)
    try hold(&sample, workers)
    // Behind the first message of each, which has the server take what memory it takes; but before
    // it where the connections are to be quiet.
    if plan.quietSeconds != nil { takeMemory(&sample, fleet, resident, kernel) }
    try sweep(&sample, workers)
    if plan.quietSeconds == nil { takeMemory(&sample, fleet, resident, kernel) }
    for share in settings.active { try load(&sample, share, fleet, workers) }
    try check(&sample, workers)
    progress.phase("closing")
    sample.closeSeconds = workers.close()
    try takeAccepted(&sample, fleet)
  }

  private func connect(_ sample: inout ScaleSample, _ workers: LoadWorkers) throws {
    progress.phase("connecting")
    let (established, seconds) = try workers.connect()
    sample.established = established
    sample.connectionsPerSecond = seconds > 0 ? Double(established) / seconds : nil
    guard established > 0 else { throw WorkerFailure.notReady }
  }

  /// Leaves the connections idle.
  private func hold(_ sample: inout ScaleSample, _ workers: LoadWorkers) throws {
    progress.phase("idle")
    let begin = MonotonicClock.now
    wait(until: begin + MonotonicClock.nanoseconds(settings.holdSeconds))
    sample.holdSeconds = Double(MonotonicClock.now - begin) / 1e9
    try check(&sample, workers)
  }

  private func sweep(_ sample: inout ScaleSample, _ workers: LoadWorkers) throws {
    progress.phase("a message on each")
    let window = max(1, 1024 / workers.count)
    let figures = try workers.perform(within: 60 + Double(sample.connections) / 500) { _ in
      .sweep(window: window)
    }
    sample.take(errors: figures.errors, figures.firstFailure)
    let unanswered = sample.established - Int(figures.messages)
    sample.take(missing: unanswered, "\(unanswered) connections had no message answered")
    sample.sweep = figures
  }

  private func takeMemory(
    _ sample: inout ScaleSample, _ fleet: ServerFleet, _ resident: UInt64?,
    _ kernel: KernelMemory?
  ) {
    if let before = resident, let after = fleet.residentBytes {
      sample.residentPerConnection =
        (Double(after) - Double(before)) / Double(sample.established)
    }
    sample.kernel = KernelGrowth(
      from: kernel, to: KernelMemory.read(), connections: sample.established,
      serverUsesEpoll: fleet.usesEpoll)
  }

  /// The closed loop over a share of the connections, and the open loop at half of its rate.
  private func load(
    _ sample: inout ScaleSample, _ share: Double, _ fleet: ServerFleet, _ workers: LoadWorkers
  ) throws {
    let window = ActiveWindow.total(share: share, connections: sample.established)
    progress.phase("closed loop, \(Numeral.percent(share)) active")
    let closed = try timed(fleet, workers) { index, begin, length in
      let part = ActiveWindow.part(of: window, worker: index, of: workers.count)
      return .rotate(begin: begin, length: length, window: part)
    }
    sample.take(errors: closed.errors, closed.firstFailure)
    var load = ActiveLoad(share: share, window: window, closed: closed)
    if closed.messages == 0 {
      sample.take(missing: 1, "no message came back in the closed loop")
    } else {
      progress.phase("open loop, \(Numeral.percent(share)) active")
      let rate = closed.messagesPerSecond / 2
      // Workers send in turn, not all at the same moment.
      let step = 1e9 / rate
      var open = try timed(fleet, workers) { index, begin, length in
        .pace(
          begin: begin + UInt64(Double(index) * step), length: length,
          perSecond: rate / Double(workers.count))
      }
      open.messagesPerSecondAsked = rate
      sample.take(errors: open.errors, open.firstFailure)
      load.open = open
    }
    sample.loads.append(load)
  }

  /// A phase with a measured time, and what CPU the server uses in it.
  private func timed(
    _ fleet: ServerFleet, _ workers: LoadWorkers, _ order: (Int, UInt64, UInt64) -> LoadOrder
  ) throws -> PhaseFigures {
    let begin = MonotonicClock.now + MonotonicClock.nanoseconds(settings.warmup)
    let length = MonotonicClock.nanoseconds(settings.seconds)
    var share = 0.0
    var figures = try workers.perform(
      within: settings.warmup + settings.seconds + 120, order: { order($0, begin, length) }
    ) {
      wait(until: begin)
      let (start, before) = (MonotonicClock.now, fleet.cpuNanoseconds)
      wait(until: begin + length)
      let (end, after) = (MonotonicClock.now, fleet.cpuNanoseconds)
      // A process that has ended has no CPU time any more.
      share = after > before ? Double(after - before) / Double(max(1, end - start)) : 0
    }
    figures.takeServerCPU(share: share)
    return figures
  }

  /// Sees that no connection was lost since they were opened, or said anything unasked.
  private func check(_ sample: inout ScaleSample, _ workers: LoadWorkers) throws {
    let seconds = 60 + Double(sample.connections) / 1000
    let figures = try workers.perform(within: seconds) { _ in .check }
    sample.take(errors: figures.errors, figures.firstFailure)
    let lost = sample.established - figures.openConnections
    sample.take(missing: lost, "\(lost) connections are gone")
  }

  /// The server must have accepted what the load has connected.
  private func takeAccepted(_ sample: inout ScaleSample, _ fleet: ServerFleet) throws {
    guard let accepted = try fleet.accepted() else { return }
    let established = sample.established
    sample.take(
      missing: abs(Int(accepted) - established),
      "the server accepted \(accepted) of \(established) connections")
  }

  private func wait(until moment: UInt64) {
    while true {
      progress.tick(nil)
      let now = MonotonicClock.now
      guard now < moment else { return }
      usleep(UInt32(min(moment - now, 100_000_000) / 1000 + 1))
    }
  }
}

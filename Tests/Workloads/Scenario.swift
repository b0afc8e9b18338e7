// SPDX-License-Identifier: Apache-2.0

package import CompletionIO
package import SimulatedKernel
import SystemPackage
import Uring

/// All settings of an episode, which follow from its seed.
package struct Scenario: Sendable {
  /// What is done.
  package let workload: Workload
  /// Where all numbers come from.
  package let seed: UInt64
  /// Operations to begin.
  package let operationCount: Int
  /// The loops' configuration: small, so that each resource runs out now and then.
  package let configuration: LoopConfiguration
  /// Which faults are injected, and how often.
  package let faults: FaultPlan
  /// The machine: how long things take, and how much fits.
  let simulation: SimulationConfiguration
  /// How the sockets are made.
  let options: SocketOptions
  /// What connections do with would-block answers.
  let policy: ResubmissionPolicy
  /// When connections that are served get their tasks.
  let taskStart: TaskStart
  /// Numbers for the workload itself.
  let numbers: Numbers
  /// The longest time that a wait of the workload may take.
  var longestWait = Duration.seconds(5000)
  /// Whether the clock is the simulation's, so that nothing else than a wait takes time.
  var hasVirtualTime = true

  /// Draws the settings of an episode.
  package init(
    _ workload: Workload, seed: UInt64, operationCount: Int,
    model: SimulationConfiguration.Model = .ring
  ) {
    self.workload = workload
    self.seed = seed
    self.operationCount = operationCount
    var numbers = Numbers(seed: seed &* 16 &+ workload.number)
    var configuration = LoopConfiguration.drawn(from: &numbers)
    // A proxy's connections would take all places that those beyond it need to be accepted.
    if workload == .proxy { configuration.directDescriptorCount *= 8 }
    // A connection in a direct table cannot be reset (SocketStream.reset); readiness has no tables.
    if workload == .relay || model == .readiness { configuration.directDescriptorCount = 0 }
    // Of other numbers, so that a seed's remain what they were.
    var quietNumbers = Numbers(seed: ~seed &* 16 &+ workload.number)
    configuration.quietTime = quietNumbers.pick([nil, nil, .milliseconds(10), .seconds(1)])
    self.configuration = configuration
    // In other workloads servers speak first.
    taskStart = workload == .echo ? quietNumbers.pick([.atOnce, .withFirstBytes]) : .atOnce
    var faults = FaultPlan.drawn(from: &numbers)
    if workload == .datagrams { faults[.datagramLoss] = numbers.pick([0, 0, 0.01, 0.3]) }
    self.faults = faults
    var simulation = SimulationConfiguration()
    simulation.model = model
    simulation.loop = configuration
    simulation.loopCount = numbers.pick([1, 1, 2])
    simulation.network = .drawn(from: &numbers)
    self.simulation = simulation
    var options = SocketOptions()
    options.backlog = Int32(numbers.pick([1, 2, 8, 128]))
    if numbers.chance(70) {
      options.sendBufferByteCount = Int32(numbers.powerOfTwo(7...12))
      options.receiveBufferByteCount = Int32(numbers.powerOfTwo(7...12))
    }
    self.options = options
    let policy = ResubmissionPolicy.drawn(from: &numbers)
    // Tries that follow at once spin, as they were told to, where a kernel nearly always says "not
    // now", and where nothing has come.
    let isSlow = faults.isStubborn || workload == .datagrams
    self.policy = isSlow && policy.triesAtOnce ? .completion : policy
    self.numbers = numbers.branch()
  }
}

extension Workload {
  fileprivate var number: UInt64 {
    UInt64(Self.allCases.firstIndex(of: self) ?? 0)
  }
}

extension LoopConfiguration {
  fileprivate static func drawn(from numbers: inout Numbers) -> Self {
    var configuration = Self()
    configuration.ring.submissionEntryCount = UInt32(numbers.powerOfTwo(1...6))
    configuration.ring.completionEntryCount = UInt32(numbers.powerOfTwo(2...7))
    configuration.flightLimit = numbers.pick([24, 64, 256, 4096])
    configuration.bufferCount = numbers.powerOfTwo(1...4)
    configuration.bufferSize = numbers.powerOfTwo(5...11)
    configuration.unclaimedByteLimit = numbers.powerOfTwo(6...13)
    configuration.unsentByteLimit = numbers.powerOfTwo(6...13)
    configuration.drainTimeLimit = .milliseconds(numbers.pick([1, 50, 30_000]))
    configuration.unclaimedConnectionLimit = numbers.pick([1, 2, 8])
    configuration.directDescriptorCount = numbers.pick([0, 0, 4, 16])
    // From a copy, so that seeds keep what else they stand for.
    var copy = numbers
    let byteCount = configuration.bufferCount * configuration.bufferSize
    configuration.incrementalBufferSize = copy.pick([nil, byteCount / 8, byteCount / 16])
    return configuration
  }
}

extension ResubmissionPolicy {
  fileprivate var triesAtOnce: Bool {
    switch self {
    case .retry: true
    case .completion, .nonblocking, .backoff: false
    }
  }

  fileprivate static func drawn(from numbers: inout Numbers) -> Self {
    switch numbers.within(0...5) {
    case 0: .nonblocking
    case 1: .retry(limit: numbers.within(0...5))
    case 2: .backoff(initial: .microseconds(numbers.within(1...100)), limit: .milliseconds(20))
    default: .completion
    }
  }
}

extension FaultPlan {
  /// Whether one answer is nearly always the same.
  package var isStubborn: Bool { (probabilities.values.max() ?? 0) > 0.95 }

  fileprivate static func drawn(from numbers: inout Numbers) -> Self {
    switch numbers.within(0...9) {
    case 0: .none
    case 1: .sendWouldBlockStorm()
    case 2: .shortTransfers(rate: 0.5)
    case 3: numbers.pick(stubborn)
    case 4, 5: .transient(rate: numbers.pick([0.001, 0.01, 0.03]))
    default: .everythingPlausible(rate: numbers.pick([0.001, 0.01, 0.03]))
    }
  }

  /// Everything but EPIPE out of nowhere: a kernel says so behind the peer's end of the stream, or
  /// behind an error that it has told before (sk_stream_error), and then an end is an end.
  private static func everythingPlausible(rate: Double) -> Self {
    var plan = everything(rate: rate)
    plan[.answer(.send, .brokenPipe)] = 0
    plan[.answer(.sendMessage, .brokenPipe)] = 0
    return plan
  }

  /// Kernels that nearly always say the same to one operation.
  ///
  /// Not ENOMEM to accepts, which are tried for as long as it takes.
  private static var stubborn: [Self] {
    let operations: [Uring.Operation] = [.send, .sendMessage, .receive, .connect]
    return (operations + [.accept]).map { stubborn($0, .resourceTemporarilyUnavailable) }
      + (operations + [.accept]).map { stubborn($0, .interrupted) }
      + operations.map { stubborn($0, .noMemory) }
  }

  private static func stubborn(_ operation: Uring.Operation, _ error: Errno) -> Self {
    var plan = FaultPlan.none
    plan[.answer(operation, error)] = 0.99
    return plan
  }
}

extension SimulatedNetwork {
  fileprivate static func drawn(from numbers: inout Numbers) -> Self {
    var network = Self()
    let shortest = numbers.within(0...100)
    network.latency =
      .microseconds(shortest) ... .microseconds(shortest + numbers.pick([0, 10, 1000]))
    network.sendBufferByteCount = numbers.powerOfTwo(4...16)
    network.receiveBufferByteCount = numbers.powerOfTwo(4...16)
    // With fewer, clients that wait for a server would take all that it needs to accept them.
    network.descriptorLimit = numbers.pick([48, 64, 1 << 20])
    return network
  }
}

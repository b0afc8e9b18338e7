import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// A loop on a scripted kernel, turned by the test on its own thread.
@safe
final class LoopFixture {
  let loop: CompletionLoop
  let kernel = ScriptedKernel()
  private let batch: UnsafeMutableBufferPointer<Completion>

  init(
    features: KernelFeatures = KernelFeatures(KernelFeature.allCases),
    _ change: (inout LoopConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = LoopConfiguration()
    configuration.flightLimit = 256
    configuration.bufferCount = 4
    configuration.bufferSize = 64
    change(&configuration)
    loop = try CompletionLoop(configuration: configuration, features: features)
    unsafe batch = .allocate(capacity: 64)
  }

  deinit {
    unsafe batch.deallocate()
  }

  func turn(_ count: Int = 1) {
    // Not the property, which handlers look at during a turn.
    var kernel = kernel
    for _ in 0..<count { unsafe loop.turn(on: &kernel, batch: batch) }
  }

  /// Stops the loop and runs it to its end.
  func stop() {
    loop.stop()
    var kernel = kernel
    loop.run(on: &kernel)
  }

  /// One turn in which a completion of no interest is there already.
  func turnWithoutWaiting() {
    kernel.completions.append(Completion(token: LoopCore.controlToken(of: .nop), result: 0))
    turn()
  }

  /// Turns until the loop has nothing left to do but to wait.
  func settle(
    turnLimit: Int = 1000, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for _ in 0..<turnLimit {
      let before = kernel.waits.count
      turn()
      if isIdle, kernel.waits.count > before || loop.operationCount == 0 { return }
    }
    Issue.record("busy after \(turnLimit) turns", sourceLocation: sourceLocation)
  }

  private var isIdle: Bool {
    let hasWork = unsafe loop.core.pointee.hasWork || !loop.senders.pointee.isEmpty
    return !hasWork && kernel.completions.isEmpty && kernel.prepared.isEmpty
  }

  /// Lets virtual time pass.
  func run(
    for duration: Duration, turnLimit: Int = 10_000,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let end = kernel.now + UInt64(duration.clampedNanoseconds)
    kernel.after(duration) { kernel in
      // Of no interest to the loop, but ends its wait.
      kernel.completions.append(Completion(token: LoopCore.controlToken(of: .nop), result: 0))
    }
    for _ in 0..<turnLimit where kernel.now < end { turn() }
    if kernel.now < end {
      Issue.record("spins: \(turnLimit) turns", sourceLocation: sourceLocation)
    }
  }

  /// Starts a request whose answers are written down.
  func start(
    _ request: Request, policy: ResubmissionPolicy? = nil, facts: Answer.Facts = [],
    timeout: Duration? = nil
  ) throws -> Recorded {
    let recorded = Recorded()
    if facts != [] {
      recorded.token = loop.begin(
        request, policy: policy ?? .completion, facts: facts, timeout: timeout,
        owner: recorded.handler)
    } else {
      recorded.token = unsafe try loop.submit(
        request, policy: policy, timeout: timeout, handler: recorded.handler)
    }
    _ = try #require(recorded.token)
    return recorded
  }

  func end(_ recorded: Recorded) {
    if let token = recorded.token { loop.end(token) }
  }

  /// What the loop has counted of a verdict.
  func count(of kind: Verdict.Kind) -> UInt64 { loop.statistics.count(of: kind) }
}

/// The answers to one operation.
final class Recorded {
  var token: Token?
  private(set) var outcomes: [Outcome] = []
  private(set) var lengths: [Int] = []
  var heldLeases = HeldLeases()
  /// Called with each answer, after it has been written down.
  var then: ((Outcome) -> Void)?
  private(set) lazy var handler = OperationHandler { [weak self] outcome, lease in
    guard let self else { return }
    outcomes.append(outcome)
    if let lease {
      lengths.append(lease.byteCount)
      heldLeases.add(lease)
    }
    then?(outcome)
  }

  var results: [Int32] { outcomes.map(\.result) }
  /// The only answer, if there is exactly one and it is the last.
  var end: Outcome? { outcomes.count == 1 && !outcomes[0].hasMore ? outcomes[0] : nil }
  var hasEnded: Bool { outcomes.last.map { !$0.hasMore } ?? false }
}

/// Leases that a test keeps or lets go at once.
struct HeldLeases {
  var mayHold = false
  private var parts: [(index: UInt16, address: UInt, byteCount: Int)] = []

  var count: Int { parts.count }

  mutating func add(_ lease: consuming BufferLease) {
    guard mayHold else { return }
    parts.append(lease.release())
  }

  /// Returns so many buffers to their pool.
  mutating func end(_ count: Int, to pool: BufferPool) {
    for _ in 0..<count { pool.returnReleased(parts.removeFirst().index) }
  }
}

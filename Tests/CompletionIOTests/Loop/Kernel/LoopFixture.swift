// SPDX-License-Identifier: Apache-2.0

import Synchronization
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
  private let socketCalls = NoSockets()
  /// Leases that the test holds, by their buffers.
  private var lent: [UInt16: LeaseBox] = [:]

  init(
    features: KernelFeatures = KernelFeatures(KernelFeature.allCases),
    _ change: (inout LoopConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = LoopConfiguration()
    configuration.flightLimit = 256
    configuration.bufferCount = 4
    configuration.bufferSize = 64
    change(&configuration)
    nonisolated(unsafe) let kernel = kernel
    loop = try CompletionLoop(
      configuration: configuration, socketCalls: socketCalls,
      clock: { unsafe kernel.now }, features: features)
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
    let hasWork = loop.core.hasWork || !loop.enlisted.isEmpty
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
    if let token = recorded.token { loop.cancel(token) }
  }

  /// Descriptors that the loop has closed by a system call.
  var closedAtOnce: [Int32] { socketCalls.closed.withLock { $0 } }

  /// Takes a buffer of the pool, as if the kernel had filled it.
  func lease(_ index: UInt16) {
    lent[index] = LeaseBox(loop.pool.lease(index, byteCount: 0))
  }

  /// Ends the lease of a buffer.
  func endLease(_ index: UInt16) {
    precondition(lent.removeValue(forKey: index) != nil, "nobody holds buffer \(index)")
  }

  /// A stream on a descriptor that this process does not have, and that no address names.
  func stream(
    _ number: Int32 = 1_000_007, peer: SocketAddress? = .loopback(port: 9)
  ) -> SocketStream {
    SocketStream(
      .file(FileDescriptor(rawValue: number)), on: loop, peer: peer,
      local: SharedAddress(nil))
  }

  /// What the loop has counted of a verdict.
  func count(of kind: Verdict.Kind) -> UInt64 { loop.statistics.count(of: kind) }
}

/// System calls on descriptors that do not exist.
private final class NoSockets: SocketCalls {
  let closed = Mutex<[Int32]>([])

  func makeSocket(family: Int32) throws(Errno) -> FileDescriptor {
    FileDescriptor(rawValue: 1_000_900)
  }

  func setOption(
    _ level: Int32, _ number: Int32, to bytes: [UInt8], on socket: FileDescriptor
  ) throws(Errno) {}

  func option(
    _ level: Int32, _ number: Int32, byteLimit: Int, of socket: FileDescriptor
  ) throws(Errno) -> [UInt8] { throw .badFileDescriptor }

  func bind(_ socket: FileDescriptor, to address: SocketAddress) throws(Errno) {}
  func listen(_ socket: FileDescriptor, backlog: Int32) throws(Errno) {}

  func localAddress(of socket: FileDescriptor) throws(Errno) -> SocketAddress {
    throw .badFileDescriptor
  }

  func peerAddress(of socket: FileDescriptor) throws(Errno) -> SocketAddress {
    throw .badFileDescriptor
  }

  func close(_ socket: FileDescriptor) { closed.withLock { $0.append(socket.rawValue) } }
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
  private var leases: [LeaseBox] = []

  var count: Int { leases.count }

  mutating func add(_ lease: consuming BufferLease) {
    guard mayHold else { return }
    leases.append(LeaseBox(lease))
  }

  /// Returns so many buffers to their pool.
  mutating func end(_ count: Int) {
    leases.removeFirst(count)
  }
}

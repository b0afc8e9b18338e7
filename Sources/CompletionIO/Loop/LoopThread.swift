// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization
internal import SystemPackage
internal import Uring

/// The thread of a loop: makes its ring, or what stands in for one, runs the loop to its end, and
/// closes the ring.
///
/// Made with pthread_create(3), because a ring takes requests from the thread that made it alone
/// and its requests are cancelled when that thread exits (io_should_terminate_tw): it has to
/// outlive every one of them, which no thread of a pool promises.
final class LoopThread: Sendable {
  private let loopConfiguration: LoopConfiguration
  private let choice: KernelChoice
  private let cpu: Int?
  private let result = Mutex<Result<Started, RingSetupError>?>(nil)
  private let started = Semaphore()
  private let ended: @Sendable () -> Void

  /// A loop, and the interface that it uses.
  typealias Started = (loop: CompletionLoop, kernel: LoopKernel)

  private init(
    _ configuration: LoopConfiguration, _ choice: KernelChoice, _ cpu: Int?,
    ended: @escaping @Sendable () -> Void
  ) {
    loopConfiguration = configuration
    self.choice = choice
    self.cpu = cpu
    self.ended = ended
  }

  /// Starts a thread with a loop, and waits until the loop has its kernel.
  static func start(
    _ configuration: LoopConfiguration, on choice: KernelChoice, cpu: Int?,
    ended: @escaping @Sendable () -> Void
  ) throws(RingSetupError) -> Started {
    let thread = LoopThread(configuration, choice, cpu, ended: ended)
    var identifier = pthread_t()
    let context = unsafe Unmanaged.passRetained(thread).toOpaque()
    let error = unsafe pthread_create(
      &identifier, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<LoopThread>.fromOpaque(context).takeRetainedValue().main()
        return nil
      }, context)
    guard error == 0 else {
      unsafe Unmanaged<LoopThread>.fromOpaque(context).release()
      throw .diagnose(Errno(rawValue: error))
    }
    pthread_detach(identifier)
    thread.started.wait()
    guard let result = thread.result.withLock({ $0 }) else {
      preconditionFailure("a thread that has started has a result")
    }
    thread.result.withLock { $0 = nil }
    return try result.get()
  }

  private func main() {
    do throws(RingSetupError) {
      try bind()
      try choice.carryOut(
        for: loopConfiguration, onRing: { () throws(RingSetupError) in try runOnRing() },
        onReadiness: { (error) throws(RingSetupError) in try runOnReadiness(because: error) })
    } catch {
      result.withLock { $0 = .failure(error) }
      started.signal()
    }
    ended()
  }

  /// Binds the thread to its CPU, before it takes memory, which is then near that CPU.
  private func bind() throws(RingSetupError) {
    guard let cpu else { return }
    do throws(Errno) {
      try ThreadAffinity.bind(to: cpu)
    } catch {
      throw .diagnose(error)
    }
  }

  private func runOnRing() throws(RingSetupError) {
    let features = try Self.features(for: loopConfiguration)
    var ring = try Self.makeRing(loopConfiguration)
    let loop = try CompletionLoop(
      configuration: loopConfiguration, features: features, cpu: cpu)
    try loop.prepare(&ring)
    run(loop, on: &ring, .ring)
  }

  private func runOnReadiness(because error: RingSetupError?) throws(RingSetupError) {
    var kernel = try Self.makeReadinessKernel(loopConfiguration)
    let loop = try CompletionLoop(
      configuration: loopConfiguration, features: ReadinessFeatures.all, cpu: cpu)
    kernel.provide(from: loop.pool)
    run(loop, on: &kernel, .readiness(because: error))
  }

  private func run<K: Kernel & ~Copyable>(
    _ loop: CompletionLoop, on kernel: inout K, _ name: LoopKernel
  ) {
    result.withLock { $0 = .success((loop, name)) }
    started.signal()
    loop.run(on: &kernel)
  }

  /// The kernel's features, if they are enough for a loop of this configuration.
  static func features(
    for configuration: LoopConfiguration
  ) throws(RingSetupError) -> KernelFeatures {
    try configuration.check()
    let features = try KernelFeatures.discover()
    try features.requireForLoop()
    if configuration.directDescriptorCount > 0 { try features.require([.directDescriptors]) }
    return features
  }

  /// A kernel of calls, for a loop that needs nothing which only a ring has.
  static func makeReadinessKernel(
    _ configuration: LoopConfiguration
  ) throws(RingSetupError) -> ReadinessKernel<LinuxCalls> {
    try configuration.check()
    if let mistake = configuration.ring.mistake { throw mistake }
    if configuration.directDescriptorCount > 0 {
      try ReadinessFeatures.all.require([.directDescriptors])
    }
    do throws(Errno) {
      return ReadinessKernel(try LinuxCalls(), configuration.ring)
    } catch {
      throw .diagnose(error)
    }
  }

  static func makeRing(
    _ configuration: LoopConfiguration
  ) throws(RingSetupError) -> Ring {
    var ring = try Ring(configuration.ring)
    if configuration.directDescriptorCount > 0 {
      do throws(Errno) {
        try ring.makeDirectTable(capacity: configuration.directDescriptorCount)
      } catch {
        guard error == .tooManyOpenFiles else { throw .diagnose(error) }
        throw .badConfiguration(
          "LoopConfiguration.directDescriptorCount", configuration.directDescriptorCount,
          rule: "at most RLIMIT_NOFILE and at most 1048576")  // io_sqe_files_register.
      }
    }
    return ring
  }
}

extension LoopConfiguration {
  /// Whether readiness can stand in for a ring that could not be made.
  func mayUseReadiness(insteadOf error: RingSetupError) -> Bool {
    error.leavesReadiness && directDescriptorCount == 0
  }
}

extension CompletionLoop {
  /// Registers what the loop needs with its ring.
  func prepare(_ ring: inout Ring) throws(RingSetupError) {
    do throws(Errno) {
      try ring.register(pool)
      if core.memory.isDivided { try ring.register(streamPool) }
    } catch {
      throw .diagnose(error)
    }
  }
}

/// Lets one thread wait for another: sem_init(3).
@safe
private final class Semaphore: @unchecked Sendable {
  // Unchecked: a semaphore is made for several threads.
  private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    unsafe semaphore = .allocate(capacity: 1)
    unsafe sem_init(semaphore, 0, 0)
  }

  deinit {
    unsafe sem_destroy(semaphore)
    unsafe semaphore.deallocate()
  }

  func signal() {
    unsafe sem_post(semaphore)
  }

  func wait() {
    while unsafe sem_wait(semaphore) != 0 {}
  }
}

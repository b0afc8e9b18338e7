internal import Glibc
internal import Synchronization
internal import SystemPackage
internal import Uring

/// The thread of a loop: makes its ring, runs the loop to its end, and closes the ring.
///
/// Made with pthread_create(3), because a ring takes requests from the thread that made it alone
/// and its requests are cancelled when that thread exits (io_should_terminate_tw): it has to
/// outlive every one of them, which no thread of a pool promises.
final class LoopThread: Sendable {
  private let loopConfiguration: LoopConfiguration
  private let result = Mutex<Result<CompletionLoop, RingSetupError>?>(nil)
  private let started = Semaphore()
  private let ended: @Sendable () -> Void

  private init(_ configuration: LoopConfiguration, ended: @escaping @Sendable () -> Void) {
    loopConfiguration = configuration
    self.ended = ended
  }

  /// Starts a thread with a loop, and waits until the loop has its ring.
  static func start(
    _ configuration: LoopConfiguration, ended: @escaping @Sendable () -> Void
  ) throws(RingSetupError) -> CompletionLoop {
    let thread = LoopThread(configuration, ended: ended)
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
      let features = try Self.features(for: loopConfiguration)
      var ring = try Self.makeRing(loopConfiguration)
      let loop = try CompletionLoop(configuration: loopConfiguration, features: features)
      try loop.prepare(&ring)
      result.withLock { $0 = .success(loop) }
      started.signal()
      loop.run(on: &ring)
    } catch {
      result.withLock { $0 = .failure(error) }
      started.signal()
    }
    ended()
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

extension CompletionLoop {
  /// Registers what the loop needs with its ring.
  func prepare(_ ring: inout Ring) throws(RingSetupError) {
    do throws(Errno) {
      try ring.register(pool)
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

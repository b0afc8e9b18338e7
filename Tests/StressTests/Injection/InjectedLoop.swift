import Glibc
import Synchronization
import Uring

@testable import CompletionIO

/// A loop on an injecting ring, on a thread of its own.
@safe
final class InjectedLoop: Sendable {
  let loop: CompletionLoop
  let plan: InjectionPlan
  private let end: Gate

  private init(_ loop: CompletionLoop, _ plan: InjectionPlan, _ end: Gate) {
    self.loop = loop
    self.plan = plan
    self.end = end
  }

  static func start(_ configuration: LoopConfiguration) async throws -> InjectedLoop {
    let plan = InjectionPlan()
    let end = Gate()
    let loop = try await withCheckedThrowingContinuation { continuation in
      detachThread {
        do {
          var ring = InjectingRing(ring: try Ring(configuration.ring), plan: plan)
          let loop = try CompletionLoop(configuration: configuration)
          try loop.prepare(&ring.ring)
          continuation.resume(returning: loop)
          loop.run(on: &ring)
          end.open()
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
    return InjectedLoop(loop, plan, end)
  }

  func stop() async {
    loop.stop()
    await end.pass()
  }
}

/// Runs a function on a new thread.
func detachThread(_ body: @escaping @Sendable () -> Void) {
  let context = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
  var identifier = pthread_t()
  let error = unsafe pthread_create(
    &identifier, nil,
    { context in
      guard let context = unsafe context else { return nil }
      unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().body()
      return nil
    }, context)
  precondition(error == 0, "no thread: errno \(error)")
  pthread_detach(identifier)
}

private final class ThreadBody: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
  }
}

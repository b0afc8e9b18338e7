internal import SystemPackage
internal import Uring

/// One loop's end of a listener: turns connections into streams.
///
/// A multishot accept does it where the kernel has it; into a direct table, as many single ones as
/// have a place there. One that finds the flight table full waits for a flight.
final class Acceptor: OperationOwner, @unchecked Sendable {
  // Unchecked: everything is used on the loop's thread only, except `loop` and `listener`, which
  // never change.

  let loop: CompletionLoop
  let listener: FileDescriptor
  private let policy: ResubmissionPolicy
  private var tokens: [Token] = []
  private var isClosing = false
  private var hasClosed = false
  private var isPaused = true
  /// Whether accepts have been asked to end that have not ended yet.
  private var hasAsked = false
  private var failure: SocketError?
  private var closeWaiters: [CheckedContinuation<Void, Never>] = []
  private var accepted: (SocketStream) -> Void = { $0.close() }
  private var ended: (SocketError?) -> Void = { _ in }

  init(_ listener: FileDescriptor, on loop: CompletionLoop, policy: ResubmissionPolicy?) {
    self.listener = listener
    self.loop = loop
    self.policy = policy ?? loop.configuration.policy
    super.init()
  }

  /// Has the loop close the listening socket when it stops.
  ///
  /// - Returns: Whether the loop takes it; if not, it is closed.
  func open() -> Bool {
    guard loop.isStopping else {
      loop.registry.add(self)
      return true
    }
    finish(nil)
    return false
  }

  /// Starts to accept.
  ///
  /// - Parameters:
  ///   - accepted: Called with each connection.
  ///   - ended: Called once: without an error when the acceptor was closed.
  func start(
    accepted: @escaping (SocketStream) -> Void, ended: @escaping (SocketError?) -> Void
  ) {
    guard !isClosing, !loop.isStopping else {
      return ended(loop.isStopping ? .loopStopped(.accept) : nil)
    }
    self.accepted = accepted
    self.ended = ended
    resume()
  }

  /// Whether an accept is with the kernel.
  var isAccepting: Bool { !tokens.isEmpty }

  /// Takes no more connections until ``resume()``.
  func pause() {
    isPaused = true
    hasAsked = !tokens.isEmpty
    for token in tokens { loop.end(token) }
  }

  /// Takes connections again.
  func resume() {
    isPaused = false
    guard !isClosing else { return }
    if isDirect {
      while loop.directPlaces.reserve(for: self, having: tokens.count) {
        guard begin(.accept(from: .file(listener), options: .intoDirectTable)) else {
          return loop.directPlaces.giveBack()
        }
      }
    } else if tokens.isEmpty {
      let from = Descriptor.file(listener)
      _ = begin(loop.forms.acceptMultishot ? .acceptMultishot(from: from) : .accept(from: from))
    }
  }

  /// Goes on after a wait for a place or a flight.
  func resumeIfNotPaused() {
    if !isPaused { resume() }
  }

  private var isDirect: Bool { loop.configuration.directDescriptorCount > 0 }

  private func begin(_ request: Request) -> Bool {
    let token = loop.begin(request, policy: .completion, owner: self)
    guard let token else {
      if tokens.isEmpty { loop.acceptorLine.append(self) }
      return false
    }
    tokens.append(token)
    return true
  }

  /// Stops accepting and closes the listening socket; waiting connections are refused.
  func close() {
    guard !isClosing else { return }
    isClosing = true
    if tokens.isEmpty { return finish(failure) }
    for token in tokens { loop.end(token) }
  }

  /// Resumes a continuation once the listening socket is closed.
  func resumeOnceClosed(_ continuation: CheckedContinuation<Void, Never>) {
    if hasClosed { return continuation.resume() }
    closeWaiters.append(continuation)
  }

  override func stop() {
    close()
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    if !outcome.hasMore { tokens.removeAll { $0 == outcome.token } }
    if outcome.result >= 0 {
      // In the place that has just become free, before the connection's first operation takes it.
      if !isClosing, !isPaused, !loop.isStopping { resume() }
      take(outcome.result)
    } else if isDirect {
      loop.directPlaces.giveBack()
    }
    guard isDirect || tokens.isEmpty else { return }
    let hadAsked = hasAsked
    if tokens.isEmpty { hasAsked = false }
    if isClosing {
      if tokens.isEmpty { finish(failure) }
    } else if outcome.result >= 0 || isPaused || (hadAsked && outcome.isTransient) {
      if !isPaused { resume() }
    } else if let error = outcome.error {
      failure = SocketError(.accept, error, attempts: outcome.attempts)
      close()
    }
  }

  private func take(_ number: Int32) {
    let descriptor: Descriptor =
      isDirect ? .direct(number) : .file(FileDescriptor(rawValue: number))
    // A cancelled accept can still carry a connection.
    guard !isClosing, !loop.isStopping else {
      loop.close(descriptor)
      if isDirect { loop.directPlaces.giveBack() }
      return
    }
    unsafe loop.core.pointee.statistics.accepted += 1
    accepted(SocketStream(descriptor, on: loop, policy: policy))
  }

  private func finish(_ error: SocketError?) {
    guard !hasClosed else { return }
    hasClosed = true
    isClosing = true
    // Not by a request: who has waited for this binds the address again at once.
    loop.closeNow(listener)
    loop.registry.remove(self)
    closeWaiters.forEach { $0.resume() }
    closeWaiters = []
    let ended = ended
    self.ended = { _ in }
    accepted = { $0.close() }
    ended(error)
  }
}

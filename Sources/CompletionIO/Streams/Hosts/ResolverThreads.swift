// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization
internal import SystemPackage

/// One look-up of a host, which may be given up: then its answer is dropped.
package final class HostLookup: Sendable {
  private let work: @Sendable () -> HostResolver.Answer
  private let completion: Mutex<(@Sendable (HostResolver.Answer) -> Void)?>

  /// - Parameters:
  ///   - work: Blocks until the answer is there.
  ///   - completion: Called once, on any thread, unless the look-up was given up before.
  package init(
    _ work: @escaping @Sendable () -> HostResolver.Answer,
    completion: @escaping @Sendable (HostResolver.Answer) -> Void
  ) {
    self.work = work
    self.completion = Mutex(completion)
  }

  /// Forgets who has asked.
  func giveUp() {
    _ = completion.withLock { $0.take() }
  }

  func run() {
    guard completion.withLock({ $0 != nil }) else { return }
    complete(work())
  }

  func complete(_ answer: HostResolver.Answer) {
    completion.withLock { $0.take() }?(answer)
  }
}

/// Threads on which look-ups block, a bounded number at a time; others wait in line.
///
/// Nothing interrupts getaddrinfo(3), so a thread whose look-up was given up is left to itself until
/// it returns. Neither a loop's thread nor one of Swift's pool could be.
package final class ResolverThreads: Sendable {
  /// The threads of the process.
  package static let shared = ResolverThreads(limit: 32)

  private struct State {
    var threadCount = 0
    var line: [HostLookup] = []
  }

  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) {
    self.limit = max(1, limit)
  }

  /// Threads that look up, and look-ups in line.
  var counts: (threads: Int, inLine: Int) {
    state.withLock { ($0.threadCount, $0.line.count) }
  }

  /// Starts a look-up, or lets it wait in line.
  package func start(_ lookup: HostLookup) {
    let mustStart = state.withLock { state in
      guard state.threadCount < limit else {
        state.line.append(lookup)
        return false
      }
      state.threadCount += 1
      return true
    }
    guard mustStart, let error = startThread(with: lookup) else { return }
    let isInLine = state.withLock { state in
      state.threadCount -= 1
      // Whoever has a thread already goes on with it.
      guard state.threadCount > 0 else { return false }
      state.line.append(lookup)
      return true
    }
    if !isInLine {
      lookup.complete(.failure(ResolutionFailure(code: EAI_SYSTEM, systemErrno: error)))
    }
  }

  /// Drops a look-up; the thread that is in it is left behind.
  package func giveUp(_ lookup: HostLookup) {
    lookup.giveUp()
    state.withLock { state in state.line.removeAll { $0 === lookup } }
  }

  private func startThread(with lookup: HostLookup) -> Errno? {
    let start = unsafe Unmanaged.passRetained(ThreadStart(threads: self, lookup: lookup))
    var identifier = pthread_t()
    let code = unsafe pthread_create(
      &identifier, nil,
      { context in
        guard let context = unsafe context else { return nil }
        let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
        start.threads.run(start.lookup)
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      unsafe start.release()
      return Errno(rawValue: code)
    }
    pthread_detach(identifier)
    return nil
  }

  /// Runs a look-up and those in line, then ends the thread.
  private func run(_ first: HostLookup) {
    var next: HostLookup? = first
    while let lookup = next {
      lookup.run()
      next = state.withLock { state in
        if !state.line.isEmpty { return state.line.removeFirst() }
        state.threadCount -= 1
        return nil
      }
    }
  }

  private final class ThreadStart: Sendable {
    let threads: ResolverThreads
    let lookup: HostLookup

    init(threads: ResolverThreads, lookup: HostLookup) {
      self.threads = threads
      self.lookup = lookup
    }
  }
}

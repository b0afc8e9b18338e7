// SPDX-License-Identifier: Apache-2.0

public import Uring

extension CompletionLoop {
  /// Looks up the addresses of a host by its name.
  ///
  /// For sockets of datagrams, and for programs that choose among the addresses;
  /// ``StreamConnection/connect(host:port:on:timeout:options:policy:)-(_,_,CompletionLoop,_,_,_)``
  /// looks up by itself.
  ///
  /// The look-up blocks a thread of its own and never the loop's. A process has 32 such threads at a
  /// time; more look-ups wait in line. Nothing interrupts a look-up, so a call that is cancelled or
  /// times out leaves its thread behind.
  ///
  /// - Parameters:
  ///   - host: A name such as `example.org`, or a numeric address without brackets, which is not
  ///     looked up.
  ///   - port: The port of the addresses.
  ///   - timeout: How long the call may take; `nil` for as long as the system tries.
  /// - Returns: At least one address, each once, the best first as the system sorts them.
  /// - Throws: ``SocketError`` that names the host. Its cause is `.unresolved`, with
  ///   ``SocketError/resolution``, if the name has no addresses. ETIMEDOUT, ECANCELED, ESHUTDOWN.
  ///
  /// The corresponding C function is `getaddrinfo`.
  public nonisolated(nonsending) func resolve(
    host: String, port: UInt16, timeout: Duration? = nil
  ) async throws(SocketError) -> [SocketAddress] {
    try await resolve(
      host: host, port: port, timeout: timeout, resolver: .system, threads: .shared)
  }

  nonisolated(nonsending) func resolve(
    host: String, port: UInt16, timeout: Duration?, resolver: HostResolver,
    threads: ResolverThreads
  ) async throws(SocketError) -> [SocketAddress] {
    if let address = SocketAddress.numeric(host, port: port) { return [address] }
    return try await isolation.run { _ throws(SocketError) in
      guard !self.isStopping else {
        throw SocketError(.resolve, .loopStopped).with(host: host)
      }
      let wait = ResolveWait(for: host, on: self, timeout: timeout, threads)
      return try await wait.addresses { resolver.resolve(host, port) }
    }
  }
}

extension CompletionLoopGroup {
  /// Looks up the addresses of a host by its name, as ``CompletionLoop/resolve(host:port:timeout:)``
  /// does; the next loop keeps the time.
  public nonisolated(nonsending) func resolve(
    host: String, port: UInt16, timeout: Duration? = nil
  ) async throws(SocketError) -> [SocketAddress] {
    try await next().resolve(host: host, port: port, timeout: timeout)
  }
}

/// A task's wait for the addresses of a host; on the loop's thread.
final class ResolveWait: OperationOwner, @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  private let loop: CompletionLoop
  private let host: String
  private let threads: ResolverThreads
  private let timeout: Duration?
  private var lookup: HostLookup?
  private var answer: HostResolver.Answer?

  init(
    for host: String, on loop: CompletionLoop, timeout: Duration?, _ threads: ResolverThreads
  ) {
    self.host = host
    self.loop = loop
    self.timeout = timeout
    self.threads = threads
    super.init()
  }

  /// Starts a look-up and suspends the calling task until it has an answer, or the wait has ended.
  nonisolated(nonsending) func addresses(
    _ work: @escaping @Sendable () -> HostResolver.Answer
  ) async throws(SocketError) -> [SocketAddress] {
    let wait = loop.openWait(for: self, timeout: timeout)
    let loop = loop
    let lookup = HostLookup(work) { answer in
      loop.perform { self.end(wait, answer) }
    }
    self.lookup = lookup
    threads.start(lookup)
    await loop.suspend(for: wait)
    let result = await loop.takeResult(wait)
    if let failure = result.failure { throw SocketError(.resolve, failure).with(host: host) }
    switch answer {
    case .success(let addresses): return addresses.withoutRepeats
    case .failure(let failure): throw SocketError(unresolved: host, failure)
    case nil: throw SocketError(.resolve, .loopStopped).with(host: host)
    }
  }

  private func end(_ wait: WaitID, _ answer: HostResolver.Answer) {
    // An answer that was on its way when the wait ended.
    guard lookup.take() != nil else { return }
    self.answer = answer
    loop.finish(wait)
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    guard let lookup = lookup.take() else { return }
    threads.giveUp(lookup)
    loop.finish(wait, WaitResult(StreamFailure(cause)))
  }
}

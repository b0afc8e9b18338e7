// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// One connect to a host on its way: carries out what a ``HostRace`` says; on the loop's thread.
final class HostConnect: OperationOwner, @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  private let loop: CompletionLoop
  private let options: SocketOptions
  private let policy: ResubmissionPolicy?
  private let host: String?
  private let completion: (Result<SocketStream, SocketError>) -> Void
  private var race = HostRace()
  private var lookup: HostLookup?
  private let threads: ResolverThreads
  private var attempts: [Int: ConnectAttempt] = [:]
  private var connected: [Int: SocketStream] = [:]
  private var deadline: WaitID?
  private var delay: WaitID?
  private var events: [HostRace.Event] = []
  private var isHandling = false

  /// Prepares a connect; ``start(to:)`` or ``resolve(port:by:)`` starts it.
  ///
  /// - Parameters:
  ///   - host: The name that errors tell; `nil` for addresses without one.
  ///   - loop: The loop of the stream.
  ///   - options: How sockets are made, and how long an attempt has for itself.
  ///   - policy: That of the attempts and of the stream; the loop's if `nil`.
  ///   - timeout: How long all may take, the look-up too.
  ///   - threads: Look the host up.
  ///   - completion: Called once, on the loop's thread.
  init(
    to host: String?, on loop: CompletionLoop, options: SocketOptions,
    policy: ResubmissionPolicy?, timeout: Duration?, threads: ResolverThreads = .shared,
    completion: @escaping (Result<SocketStream, SocketError>) -> Void
  ) {
    self.host = host
    self.loop = loop
    self.options = options
    self.policy = policy
    self.threads = threads
    self.completion = completion
    super.init()
    guard !loop.isStopping else { return }
    loop.registry.add(self)
    if let timeout { deadline = loop.openWait(for: self, timeout: timeout) }
  }

  /// Tries addresses that are known.
  func start(to addresses: [SocketAddress]) {
    guard !loop.isStopping else { return handle(.ended(error(.loopStopped))) }
    guard !addresses.isEmpty else {
      return handle(
        .unresolved(SocketError(.connect, .addressRequired, cause: .badAddress)))
    }
    handle(.resolved(addresses))
  }

  /// Looks the host up on a thread of its own, and tries its addresses.
  func resolve(port: UInt16, by resolver: HostResolver) {
    guard !loop.isStopping else { return handle(.ended(error(.loopStopped))) }
    let host = host ?? ""
    if let address = SocketAddress.numeric(host, port: port) {
      return handle(.resolved([address]))
    }
    let loop = loop
    let lookup = HostLookup {
      resolver.resolve(host, port)
    } completion: { [self] answer in
      loop.perform { self.resolved(answer) }
    }
    self.lookup = lookup
    threads.start(lookup)
  }

  private func resolved(_ answer: HostResolver.Answer) {
    lookup = nil
    switch answer {
    case .success(let addresses): handle(.resolved(addresses))
    case .failure(let failure):
      handle(.unresolved(SocketError(unresolved: host, failure)))
    }
  }

  /// Ends the connect at once; the completion is called before this returns, if it has not been.
  func cancel(because cause: WaitEnd) {
    handle(.ended(error(cause)))
  }

  /// What an early end is to the caller.
  private func error(_ cause: WaitEnd) -> SocketError {
    let failure = StreamFailure(cause)
    return SocketError(
      lookup == nil ? .connect : .resolve, failure.errno, cause: failure.cause,
      peer: race.running.last.map { race.addresses[$0] }, attempts: max(1, race.attemptCount),
      host: host)
  }

  /// Handles an event; one that comes meanwhile is handled behind it.
  private func handle(_ event: HostRace.Event) {
    events.append(event)
    guard !isHandling else { return }
    isHandling = true
    while !events.isEmpty {
      for action in race.handle(events.removeFirst()) { perform(action) }
    }
    isHandling = false
  }

  private func perform(_ action: HostRace.Action) {
    switch action {
    case .start(let attempt): start(attempt)
    case .armDelay:
      end(&delay)
      delay = loop.openWait(for: self, timeout: max(options.attemptDelay, .milliseconds(10)))
    case .stopDelay: end(&delay)
    case .cancel(let attempt): attempts.removeValue(forKey: attempt)?.cancel(because: .cancelled)
    case .discard(let attempt): connected.removeValue(forKey: attempt)?.abort()
    case .succeed(let attempt):
      guard let stream = connected.removeValue(forKey: attempt) else {
        preconditionFailure("attempt \(attempt) has a connection")
      }
      finish(.success(stream))
    case .fail(let error):
      finish(.failure(error.with(attempts: max(1, race.attemptCount), host: host)))
    }
  }

  private func start(_ attempt: Int) {
    var isOver = false
    let started = ConnectAttempt.start(
      to: race.addresses[attempt], on: loop, options: options, policy: policy, timeout: nil
    ) { [self] result in
      isOver = true
      ended(attempt, result)
    }
    if !isOver { attempts[attempt] = started }
  }

  private func ended(_ attempt: Int, _ result: Result<SocketStream, SocketError>) {
    attempts.removeValue(forKey: attempt)
    switch result {
    case .success(let stream):
      connected[attempt] = stream
      handle(.connected(attempt))
    case .failure(let error): handle(.failed(attempt, error))
    }
  }

  private func finish(_ result: Result<SocketStream, SocketError>) {
    if let lookup { threads.giveUp(lookup) }
    lookup = nil
    end(&deadline)
    loop.registry.remove(self)
    completion(result)
  }

  private func end(_ wait: inout WaitID?) {
    guard let id = wait.take() else { return }
    loop.discard(id)
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    if wait == deadline { return cancel(because: cause) }
    guard wait == delay else { return }
    end(&delay)
    if cause == .timedOut { handle(.delayPassed) }
  }

  override func stop() {
    cancel(because: .loopStopped)
  }
}

extension SocketAddress {
  /// The address of a host that is a number already, which needs no look-up.
  static func numeric(_ host: String, port: UInt16) -> SocketAddress? {
    // A zone may be an interface's name, which the kernel has to be asked for.
    guard !host.contains("%") else { return nil }
    if let address = try? SocketAddress.ipv4(host, port: port) { return address }
    return try? SocketAddress.ipv6(host, port: port)
  }
}

extension SocketError {
  /// Says that a host has no addresses.
  init(unresolved host: String?, _ failure: ResolutionFailure) {
    self.init(.resolve, failure.errno, cause: .unresolved, host: host, resolution: failure)
  }
}

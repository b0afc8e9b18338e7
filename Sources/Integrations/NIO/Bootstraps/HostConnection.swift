// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore
internal import SystemPackage
internal import Uring

/// A connect to a host on its way: tries its addresses as Happy Eyeballs says (RFC 8305, the core's
/// ``HostRace``); on the loop's thread.
final class HostConnection<Output: Sendable>: OperationDelegate, @unchecked Sendable {
  // Unchecked: what changes is used on the loop's thread only.

  typealias Connection = (channel: UringStreamChannel, output: Output)

  private let host: String
  private let port: Int
  private let promise: EventLoopPromise<Output>
  private let make: (NIOCore.SocketAddress) -> UringStreamChannel?
  private let connect: (UringStreamChannel, NIOCore.SocketAddress) -> EventLoopFuture<Output>
  private var race = HostRace()
  private var events: [HostRace.Event] = []
  private var isHandling = false
  private var attempts: [Int: UringStreamChannel] = [:]
  private var connections: [Int: Connection] = [:]
  private var failure: HostConnectError
  private var lookup: HostLookup?
  private var delay: TimerToken?
  private var deadline: TimerToken?
  private var timeout: TimeAmount?

  /// How long an attempt has for itself (RFC 8305, section 8).
  private static var attemptDelay: Duration { .milliseconds(250) }

  /// Prepares a connect.
  ///
  /// - Parameters:
  ///   - host: A name or an address.
  ///   - port: The port.
  ///   - eventLoop: The loop of the channels.
  ///   - promise: Gets the output of the first connection.
  ///   - make: Makes a channel for an address; `nil` where there is no such socket.
  ///   - connect: Sets a channel up and connects it.
  init(
    _ host: String, _ port: Int, on eventLoop: UringEventLoop, _ promise: EventLoopPromise<Output>,
    make: @escaping (NIOCore.SocketAddress) -> UringStreamChannel?,
    connect: @escaping (UringStreamChannel, NIOCore.SocketAddress) -> EventLoopFuture<Output>
  ) {
    self.host = host
    self.port = port
    self.promise = promise
    self.make = make
    self.connect = connect
    failure = HostConnectError(host: host, port: port)
    super.init(on: eventLoop.loop)
  }

  /// Looks the host up and begins.
  func start(timeout: TimeAmount?) {
    self.timeout = timeout
    do throws(LoopError) {
      try join()
      if let timeout { deadline = try startTimer(at: loop.now + timeout.duration, context: 1) }
    } catch {
      return promise.fail(EventLoopError.shutdown)
    }
    if let address = try? NIOCore.SocketAddress(ipAddress: host, port: port) {
      return resolved([address])
    }
    let (host, port, loop) = (host, UInt16(clamping: port), loop)
    let lookup = HostLookup {
      HostResolver.system.resolve(host, port)
    } completion: { [self] answer in
      loop.perform { self.resolved(answer) }
    }
    self.lookup = lookup
    ResolverThreads.shared.start(lookup)
  }

  private func resolved(_ answer: HostResolver.Answer) {
    lookup = nil
    switch answer {
    case .success(let addresses): handle(.resolved(addresses))
    case .failure(let failure):
      self.failure.resolutionFailure = "\(failure)"
      handle(.unresolved(SocketError(.resolve, failure.errno, cause: .unresolved)))
    }
  }

  private func resolved(_ addresses: [NIOCore.SocketAddress]) {
    handle(.resolved(addresses.compactMap { Uring.SocketAddress($0) }))
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
      delay = try? startTimer(at: loop.now + Self.attemptDelay)
    case .stopDelay: end(&delay)
    case .cancel(let attempt): attempts.removeValue(forKey: attempt)?.close(promise: nil)
    case .discard(let attempt):
      connections.removeValue(forKey: attempt)?.channel.close(promise: nil)
    case .succeed(let attempt):
      guard let connection = connections.removeValue(forKey: attempt) else {
        preconditionFailure("attempt \(attempt) has a connection")
      }
      finish(.success(connection.output))
    case .fail(let error):
      finish(.failure(error.cause == .timeout ? timeoutError : failure))
    }
  }

  private var timeoutError: any Error { ChannelError.connectTimeout(timeout ?? .zero) }

  private func start(_ attempt: Int) {
    let address = NIOCore.SocketAddress(race.addresses[attempt])
    guard let channel = make(address) else {
      return failed(attempt, address, IOError(.addressFamilyNotSupported, "socket"))
    }
    attempts[attempt] = channel
    let output = connect(channel, address)
    output.whenComplete { [self] result in
      attempts[attempt] = nil
      switch result {
      case .success(let output):
        connections[attempt] = (channel, output)
        handle(.connected(attempt))
      case .failure(let error): failed(attempt, address, error)
      }
    }
  }

  private func failed(_ attempt: Int, _ address: NIOCore.SocketAddress, _ error: any Error) {
    failure.attempts.append(HostConnectError.Attempt(address: address, error: error))
    let errno = (error as? IOError).map { Errno(rawValue: $0.errnoCode) }
    handle(.failed(attempt, SocketError(.connect, errno ?? .connectionAbort)))
  }

  private func finish(_ result: Result<Output, any Error>) {
    if let lookup { ResolverThreads.shared.giveUp(lookup) }
    lookup = nil
    end(&delay)
    end(&deadline)
    _ = try? leave()
    promise.completeWith(result)
  }

  private func end(_ timer: inout TimerToken?) {
    guard let token = timer.take() else { return }
    _ = try? cancelTimer(token)
  }

  override func timerEnded(context: UInt, isDue: Bool) {
    if context == 0 {
      delay = nil
      if isDue { handle(.delayPassed) }
    } else {
      deadline = nil
      if isDue { handle(.ended(SocketError(.connect, .timedOut, cause: .timeout))) }
    }
  }

  override func stop() {
    handle(.ended(SocketError(.connect, .socketShutdown, cause: .loopStopped)))
  }
}

extension TimeAmount {
  /// The same time as the standard library says it.
  var duration: Duration { .nanoseconds(nanoseconds) }
}
#endif

// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// One connect on its way, from the socket to the stream; on the loop's thread.
///
/// A connect that is cancelled or times out leaves a socket that goes on connecting, so its socket
/// is closed and never used again.
@safe
final class ConnectAttempt: OperationOwner {
  private let loop: CompletionLoop
  private let address: SocketAddress
  private let policy: ResubmissionPolicy?
  private let descriptor: FileDescriptor
  private let completion: (Result<SocketStream, SocketError>) -> Void
  /// A copy of the address that stays in place, should the kernel have to be asked again.
  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int
  private var token: Token?
  private var earlyEnd: WaitEnd?

  /// Makes a socket and starts to connect it.
  ///
  /// - Parameters:
  ///   - address: Where to.
  ///   - loop: The loop of the stream.
  ///   - options: How the socket is made.
  ///   - policy: That of the connect and of the stream; the loop's if `nil`.
  ///   - timeout: How long the connect may take.
  ///   - completion: Called once, on the loop's thread.
  /// - Returns: The attempt; `nil` if the completion has been called already.
  static func start(
    to address: SocketAddress, on loop: CompletionLoop, options: SocketOptions,
    policy: ResubmissionPolicy?, timeout: Duration?,
    completion: @escaping (Result<SocketStream, SocketError>) -> Void
  ) -> ConnectAttempt? {
    guard !loop.isStopping else {
      completion(.failure(.loopStopped(.connect)))
      return nil
    }
    guard loop.streams.hasRoomForConnect else {
      completion(.failure(.tableFull(.connect)))
      return nil
    }
    do throws(SocketError) {
      let descriptor = try SocketFactory(loop.socketCalls).open(for: address, options)
      let attempt = ConnectAttempt(
        descriptor, to: address, on: loop, policy: policy, completion: completion)
      return attempt.begin(timeout) ? attempt : nil
    } catch {
      completion(.failure(error))
      return nil
    }
  }

  private init(
    _ descriptor: FileDescriptor, to address: SocketAddress, on loop: CompletionLoop,
    policy: ResubmissionPolicy?,
    completion: @escaping (Result<SocketStream, SocketError>) -> Void
  ) {
    self.descriptor = descriptor
    self.loop = loop
    self.address = address
    self.policy = policy
    self.completion = completion
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
    byteCount = unsafe address.withSockaddr { pointer, byteCount in
      unsafe memory.copyMemory(from: pointer, byteCount: byteCount)
      return byteCount
    }
    unsafe self.memory = unsafe memory
    super.init()
    // Its stream's place in the flight table is promised from now on.
    loop.streams.streamOpened()
  }

  deinit {
    unsafe memory.deallocate()
  }

  private func begin(_ timeout: Duration?) -> Bool {
    token = unsafe loop.begin(
      .connect(.file(descriptor), to: memory, byteCount: byteCount),
      policy: policy ?? loop.configuration.policy, timeout: timeout, owner: self)
    guard token == nil else { return true }
    loop.streams.streamClosed()
    fail(.tableFull)
    return false
  }

  /// Asks for the end of the connect; the completion is still called once.
  func cancel(because cause: WaitEnd) {
    earlyEnd = earlyEnd ?? cause
    if let token { loop.core.cancel(token) }
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    token = nil
    loop.streams.streamClosed()
    if outcome.result == 0, earlyEnd == nil, !loop.isStopping { return succeed() }
    if let earlyEnd {
      // Whatever the kernel says, nobody waits for its answer any more.
      fail(StreamFailure(earlyEnd))
    } else if outcome.isTimedOut {
      fail(StreamFailure(.timedOut, .timeout), attempts: outcome.attempts)
    } else if loop.isStopping {
      fail(.loopStopped)
    } else {
      fail(StreamFailure(code: outcome.result), attempts: outcome.attempts)
    }
  }

  private func succeed() {
    let local = try? loop.socketCalls.localAddress(of: descriptor)
    completion(
      .success(
        SocketStream(
          .file(descriptor), on: loop, peer: address, local: SharedAddress(local),
          policy: policy)))
  }

  private func fail(_ failure: StreamFailure, attempts: Int = 1) {
    loop.closeNow(descriptor)
    completion(
      .failure(
        SocketError(
          .connect, failure.errno, cause: failure.cause, peer: address,
          attempts: max(1, attempts))))
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A bind whose address is in use for a moment.
@Suite(.timeLimit(.minutes(3))) struct BindRetryTests {
  private static let inUse = SocketError(.bind, .addressInUse, peer: .loopback(port: 80))

  /// The pauses that a bind makes while it fails in one way, in milliseconds.
  private func pauses(
    _ address: String = "127.0.0.1:80", after error: SocketError = inUse,
    _ change: (inout SocketOptions) -> Void = { _ in }
  ) throws -> [Duration] {
    var options = SocketOptions()
    change(&options)
    var retry = BindRetry(of: try SocketAddress(parsing: address), options)
    var pauses: [Duration] = []
    while pauses.count < 100, let pause = retry.pause(after: error) { pauses.append(pause) }
    #expect(retry.attemptCount == pauses.count + 1)
    return pauses
  }

  @Test func pausesAddUpToTheLimit() throws {
    #expect(try pauses() == Array(repeating: .milliseconds(10), count: 20))
    let short = try pauses { $0.bindRetryLimit = .milliseconds(25) }
    #expect(short == [.milliseconds(10), .milliseconds(10), .milliseconds(5)])
    #expect(try pauses { $0.bindRetryLimit = .zero } == [])
    #expect(try pauses { $0.bindRetryLimit = .seconds(-1) } == [])
  }

  @Test func onlyWhatMayPassIsTriedAgain() throws {
    #expect(try pauses(after: SocketError(.bind, .permissionDenied)) == [])
    #expect(try pauses(after: SocketError(.bind, .addressInUse, cause: .badAddress)) == [])
    #expect(try !pauses(after: SocketError(.listen, .addressInUse)).isEmpty)
    #expect(try pauses("unix:/run/x") == [])
    #expect(try !pauses("unix:@x").isEmpty)
    #expect(try !pauses("unix:/run/x") { $0.removesStalePath = true }.isEmpty)
  }

  @Test(arguments: [0, 1, 20, 21])
  func triesUntilItWorks(_ failureCount: Int) async throws {
    try await withLoops { group in
      let calls = Mutex(0)
      let result = await Self.result { () async throws(SocketError) in
        try await BindRetry.binding(
          to: .loopback(port: 80), SocketOptions(), on: group.loops[0]
        ) { () throws(SocketError) in
          let call = calls.withLock { calls in
            calls += 1
            return calls
          }
          if call <= failureCount { throw Self.inUse }
          return call
        }
      }
      switch result {
      case .success(let call): #expect(failureCount <= 20 && call == failureCount + 1)
      case .failure(let error):
        #expect(failureCount == 21 && error.attempts == 21 && error.errno == .addressInUse)
      }
    }
  }

  private static func result<Success>(
    _ body: () async throws(SocketError) -> Success
  ) async -> Result<Success, SocketError> {
    do throws(SocketError) {
      return .success(try await body())
    } catch {
      return .failure(error)
    }
  }

  @Test func anAddressThatBecomesFreeIsBound() async throws {
    try await withLoops(2) { group in
      var holder: HeldSocket? = HeldSocket(try PlainSocket.bound(to: ownLoopback()))
      let address = try #require(try holder?.socket.localAddress)
      let (binding, isOver) = bind(to: address, on: group)
      let loop = group.loops[0]
      // It pauses on the loop, or has failed.
      await loop.until { loop.core.waits.count > 0 || isOver.hasHappened }
      #expect(!isOver.hasHappened)
      holder = nil
      let listener = try await binding.value
      #expect(listener.localAddress == address)
      await listener.close()
    }
  }

  @Test func cancellationAndStopEndIt() async throws {
    for isStop in [false, true] {
      let group = try CompletionLoopGroup(count: 1)
      let holder = HeldSocket(try PlainSocket.bound(to: ownLoopback()))
      let (binding, isOver) = bind(to: try holder.socket.localAddress, on: group)
      let loop = group.loops[0]
      await loop.until { loop.core.waits.count > 0 || isOver.hasHappened }
      if isStop { await group.close() } else { binding.cancel() }
      let error = await binding.result.failure
      #expect(error?.cause == (isStop ? .loopStopped : .cancellation))
      await group.close()
    }
  }

  private func bind(
    to address: SocketAddress, on group: CompletionLoopGroup
  ) -> (Task<StreamListener, any Error>, isOver: Event) {
    let isOver = Event()
    let binding = Task {
      defer { isOver.happen() }
      var options = SocketOptions()
      options.bindRetryLimit = .seconds(30)
      return try await StreamListener.bind(to: address, on: group, options: options)
    }
    return (binding, isOver)
  }
}

extension Result {
  fileprivate var failure: SocketError? {
    guard case .failure(let error) = self else { return nil }
    return error as? SocketError
  }
}

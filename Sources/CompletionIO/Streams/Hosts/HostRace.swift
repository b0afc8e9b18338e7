// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
package import Uring

/// Which addresses of a host are tried when, and who wins: Happy Eyeballs (RFC 8305, section 5).
///
/// Knows no loop, no clock and no socket: it takes events and returns what is to be done, in order.
/// An attempt is known by the place of its address.
package struct HostRace {
  /// What has happened.
  package enum Event: Equatable {
    /// The addresses are there, in the resolver's order.
    case resolved([SocketAddress])
    /// There are no addresses.
    case unresolved(SocketError)
    case connected(Int)
    case failed(Int, SocketError)
    /// The newest attempt has had its time alone.
    case delayPassed
    /// Nobody wants a connection any more.
    case ended(SocketError)
  }

  /// What is to be done.
  package enum Action: Equatable {
    case start(Int)
    /// Notify of the end of the delay, in place of an earlier one.
    case armDelay
    case stopDelay
    /// End an attempt, whose answer is of no interest.
    case cancel(Int)
    /// Close a connection that came too late.
    case discard(Int)
    case succeed(Int)
    case fail(SocketError)
  }

  /// The addresses in the order in which they are tried.
  package private(set) var addresses: [SocketAddress] = []
  /// Attempts that were started.
  package private(set) var attemptCount = 0
  /// Attempts that have not ended.
  package private(set) var running: [Int] = []
  package private(set) var isOver = false
  private var isDelayArmed = false
  private var failure: SocketError?

  package init() {}

  package mutating func handle(_ event: Event) -> [Action] {
    if isOver {
      guard case .connected(let attempt) = event else { return [] }
      return [.discard(attempt)]
    }
    switch event {
    case .resolved(let addresses):
      self.addresses = addresses.inOrderOfAttempts
      return startNext()
    case .unresolved(let error), .ended(let error):
      return end(.fail(error))
    case .connected(let attempt):
      running.removeAll { $0 == attempt }
      return end(.succeed(attempt))
    case .failed(let attempt, let error):
      running.removeAll { $0 == attempt }
      note(error)
      return goOn()
    case .delayPassed:
      isDelayArmed = false
      return startNext()
    }
  }

  /// Starts the next attempt, because one has failed; or tells that all have.
  private mutating func goOn() -> [Action] {
    if attemptCount < addresses.count { return startNext() }
    guard running.isEmpty, let failure else { return [] }
    return end(.fail(failure))
  }

  private mutating func startNext() -> [Action] {
    guard attemptCount < addresses.count else { return [] }
    var actions: [Action] = [.start(attemptCount)]
    running.append(attemptCount)
    attemptCount += 1
    if attemptCount < addresses.count {
      isDelayArmed = true
      actions.append(.armDelay)
    } else if isDelayArmed {
      isDelayArmed = false
      actions.append(.stopDelay)
    }
    return actions
  }

  private mutating func end(_ last: Action) -> [Action] {
    isOver = true
    defer { running = [] }
    return (isDelayArmed ? [.stopDelay] : []) + running.map { .cancel($0) } + [last]
  }

  /// Keeps the failure that tells most; of equal ones the first, whose address was the best.
  private mutating func note(_ error: SocketError) {
    if let failure, failure.weightInRace >= error.weightInRace { return }
    failure = error
  }
}

extension SocketError {
  /// How much the failure of one attempt tells about why none has worked.
  ///
  /// A machine without IPv6 refuses every such address at once, which is no news beside what an
  /// IPv4 peer has answered. What this program has done wrong is worth most.
  fileprivate var weightInRace: Int {
    guard cause == .kernel else { return 3 }
    switch (operation, errno) {
    case (_, .addressFamilyNotSupported), (.connect, .networkUnreachable),
      (.connect, .addressNotAvailable):
      return 0
    case (.connect, .noRouteToHost), (.connect, .timedOut): return 1
    case (.connect, _): return 2
    default: return 3
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage

/// What the program has done that may make an operation fail, besides the kernel's own answers.
struct Circumstances: OptionSet, Sendable {
  let rawValue: UInt8

  /// The operation had a deadline.
  static let deadline = Self(rawValue: 1 << 0)
  /// The operation's task may have been cancelled.
  static let cancelled = Self(rawValue: 1 << 1)
  /// The program has closed or aborted the connection or the listener.
  static let closed = Self(rawValue: 1 << 2)
  /// An earlier send has failed or has queued bytes: this operation may report that failure.
  static let queued = Self(rawValue: 1 << 4)
  /// The program is stopping the loops.
  static let stopping = Self(rawValue: 1 << 3)
}

extension Ledger {
  /// Counts a failure, and records a violation if the operation must not fail in this way.
  func check(
    _ error: SocketError, under policy: ResubmissionPolicy, _ circumstances: Circumstances
  ) {
    count("\(error.operation.rawValue) \(error.errno) (\(error.cause))")
    note(UInt64(bitPattern: Int64(error.errno.rawValue)), error.byteCount)
    if let problem = error.problem(under: policy, circumstances) {
      violation("\(problem): \(error)")
    }
  }
}

extension Ledger {
  /// Judges whether a loop may refuse something for this reason.
  func check(_ error: LoopError, _ circumstances: Circumstances) {
    count("loop \(error.reason)")
    note(UInt64(bitPattern: Int64(error.errno.rawValue)), 0)
    let isExplained =
      switch error.reason {
      case .cancelled: !circumstances.isDisjoint(with: [.cancelled, .stopping])
      case .stopped: circumstances.contains(.stopping)
      case .tableFull: true
      case .wrongThread, .timedOut, .waitsForItself, .unsuitableSignal: false
      }
    if !isExplained { violation("nobody had \(error.reason) happen") }
  }
}

extension SocketError {
  /// Why the operation must not fail in this way; `nil` if it may.
  fileprivate func problem(
    under policy: ResubmissionPolicy, _ circumstances: Circumstances
  ) -> String? {
    let isExplained =
      switch cause {
      case .timeout: circumstances.contains(.deadline)
      case .cancellation: !circumstances.isDisjoint(with: [.cancelled, .stopping])
      case .closed: !circumstances.isDisjoint(with: [.closed, .stopping])
      case .loopStopped: circumstances.contains(.stopping)
      case .badAddress, .busy, .finished, .badValue, .directDescriptor, .wrongThread,
        .unresolved, .unsuitable, .endOfStream, .tooLong, .file, .descriptors:
        false
      case .tableFull, .kernel: true
      }
    if !isExplained { return "nobody had \(cause) happen" }
    guard cause == .kernel else { return nil }
    if attempts > policy.mostAttempts { return "\(attempts) attempts under \(policy)" }
    return mayBeShown(under: policy, circumstances)
      ? nil : "an answer that the policy \(policy) must not show"
  }

  /// Whether a policy may let the program see this errno of the kernel's.
  private func mayBeShown(
    under policy: ResubmissionPolicy, _ circumstances: Circumstances
  ) -> Bool {
    let hasTriedEnough = attempts >= ResubmissionPolicy.attemptLimit
    switch errno {
    case .resourceTemporarilyUnavailable, .nowInProgress, .alreadyInProcess:
      // The receives of a pool are the loop's own and always wait.
      // A half-close waits for what is queued, whatever the policy.
      let mayShow = policy.mayShowWouldBlock && operation != .shutdown
      return mayShow || hasTriedEnough || circumstances.contains(.stopping)
    case .interrupted, .noMemory, .noBufferSpace:
      return hasTriedEnough || !tellsAttempts || circumstances.contains(.queued)
    case .socketNotConnected:
      // A connection that was reset has no half left to end (inet_shutdown).
      return operation == .shutdown
    case .socketIsConnected:
      return circumstances.contains(.stopping)
    case .invalidArgument, .badFileDescriptor, .badAddress, .notSocket:
      return false
    default:
      return true
    }
  }

  /// Whether the error says how many attempts were made.
  ///
  /// That of a multishot request does not: only the last of its many answers is an error.
  private var tellsAttempts: Bool { operation != .receive && operation != .accept }
}

extension ResubmissionPolicy {
  fileprivate var mayShowWouldBlock: Bool {
    switch self {
    case .nonblocking, .retry: true
    case .completion, .backoff: false
    }
  }

  /// The most submissions of one operation before the loop reports its failure.
  fileprivate var mostAttempts: Int {
    switch self {
    case .completion, .nonblocking: Self.attemptLimit
    case .retry(let limit): max(Self.attemptLimit, limit + 1)
    case .backoff: .max
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// Why a loop did not do what it was asked.
public struct LoopError: Error, Hashable, Sendable {
  /// The reason.
  public let reason: Reason

  /// Describes a refusal.
  public init(_ reason: Reason) {
    self.reason = reason
  }

  /// A reason why a loop does not do what it was asked.
  public enum Reason: Hashable, Sendable {
    /// The loop has as many operations on their way as it may have.
    case tableFull
    /// The loop is stopping or has ended.
    case stopped
    /// The task was cancelled.
    case cancelled
    /// The call belongs on the loop's thread and came from another.
    case wrongThread
    /// The task's deadline has passed.
    case timedOut
    /// The call would wait for the end of the task that makes it.
    case waitsForItself
    /// The process cannot wait for the signal.
    case unsuitableSignal
  }

  /// The errno that says the same: ENOBUFS, ESHUTDOWN, ECANCELED, EXDEV,
  /// ETIMEDOUT, EDEADLK, EINVAL.
  public var errno: Errno {
    switch reason {
    case .tableFull: .noBufferSpace
    case .stopped: .socketShutdown
    case .cancelled: .canceled
    case .wrongThread: .improperLink
    case .timedOut: .timedOut
    case .waitsForItself: .deadlock
    case .unsuitableSignal: .invalidArgument
    }
  }
}

extension LoopError: CustomStringConvertible {
  /// The reason and what to do, in one line.
  public var description: String {
    switch reason {
    case .tableFull:
      "the loop has as many operations as it may have; raise LoopConfiguration.flightLimit"
    case .stopped:
      "the loop is stopping or has ended"
    case .cancelled:
      "the task was cancelled"
    case .wrongThread:
      "the call came from another thread than the loop's; use CompletionLoop.perform(_:)"
    case .timedOut:
      "the deadline of the task passed"
    case .waitsForItself:
      "the call would wait for the end of the task that makes it; make it in a task of its own"
    case .unsuitableSignal:
      "no program can wait for this signal; SIGKILL and SIGSTOP cannot be caught"
    }
  }
}

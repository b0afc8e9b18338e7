// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// The loop's next step with an operation that the kernel has answered.
public enum Verdict: Hashable, Sendable {
  /// Hands the result to the caller.
  case surface
  /// Hands this error to the caller in place of the result; bytes that the result counts are added
  /// to ``Outcome/byteCount``.
  case surfaceAs(Errno)
  /// Hands the result to the caller and arms the multishot request again.
  case surfaceAndRearm
  /// Submits the same request, or the same poll, in the next batch.
  case resubmit
  /// Submits the rest of a partial send in the next batch.
  case sendRest
  /// Submits the same request so that the kernel waits for readiness before it tries.
  case pollFirst
  /// Submits the request that a poll has gone before.
  case goOnWithRequest
  /// Waits until the socket is writable: a connect is under way.
  case awaitWritability
  /// Asks the socket for its pending error, which is the next answer; none means that the connect
  /// has succeeded.
  case readPendingError
  /// Waits until a buffer returns to the pool, in order of arrival.
  case awaitBuffer
  /// Waits until a descriptor is closed, or for a pause.
  case awaitDescriptor(atMost: Duration)
  /// Waits for the notification that says that the memory of a zero-copy send is free.
  case awaitNotification
  /// Submits again after a pause.
  case backOff(Duration)
  /// Submits once more without what the kernel or the socket does not support.
  case dropCapability
}

extension Verdict {
  /// A verdict without its duration or error, for counting.
  public enum Kind: Int, CaseIterable, Hashable, Sendable {
    /// See ``Verdict/surface``.
    case surface
    /// See ``Verdict/surfaceAs(_:)``.
    case surfaceAs
    /// See ``Verdict/surfaceAndRearm``.
    case surfaceAndRearm
    /// See ``Verdict/resubmit``.
    case resubmit
    /// See ``Verdict/sendRest``.
    case sendRest
    /// See ``Verdict/pollFirst``.
    case pollFirst
    /// See ``Verdict/goOnWithRequest``.
    case goOnWithRequest
    /// See ``Verdict/awaitWritability``.
    case awaitWritability
    /// See ``Verdict/readPendingError``.
    case readPendingError
    /// See ``Verdict/awaitBuffer``.
    case awaitBuffer
    /// See ``Verdict/awaitDescriptor(atMost:)``.
    case awaitDescriptor
    /// See ``Verdict/awaitNotification``.
    case awaitNotification
    /// See ``Verdict/backOff(_:)``.
    case backOff
    /// See ``Verdict/dropCapability``.
    case dropCapability
  }

  /// The verdict without its duration or error.
  public var kind: Kind {
    switch self {
    case .surface: .surface
    case .surfaceAs: .surfaceAs
    case .surfaceAndRearm: .surfaceAndRearm
    case .resubmit: .resubmit
    case .sendRest: .sendRest
    case .pollFirst: .pollFirst
    case .goOnWithRequest: .goOnWithRequest
    case .awaitWritability: .awaitWritability
    case .readPendingError: .readPendingError
    case .awaitBuffer: .awaitBuffer
    case .awaitDescriptor: .awaitDescriptor
    case .awaitNotification: .awaitNotification
    case .backOff: .backOff
    case .dropCapability: .dropCapability
    }
  }

  /// The verdict in place of this one once a cancel is requested: nothing is submitted again.
  var onceCancelled: Verdict {
    switch self {
    case .surface, .surfaceAs, .readPendingError, .awaitNotification:
      self
    case .surfaceAndRearm:
      .surface
    case .resubmit, .sendRest, .pollFirst, .goOnWithRequest, .awaitWritability,
      .awaitBuffer, .awaitDescriptor, .backOff, .dropCapability:
      .surfaceAs(.canceled)
    }
  }
}

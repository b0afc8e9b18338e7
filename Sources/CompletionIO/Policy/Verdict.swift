/// What to do next with an operation that the kernel has answered.
public enum Verdict: Hashable, Sendable {
  /// Hands the result to the caller.
  case surface
  /// Hands the result to the caller and arms the multishot request again.
  case surfaceAndRearm
  /// Submits the same request in the next batch.
  case resubmit
  /// Submits the rest of a partial send in the next batch.
  case sendRest
  /// Submits the same request so that the kernel waits for readiness before it tries.
  case pollFirst
  /// Waits until the socket is writable, then reads its pending error: the end of a connect.
  case awaitWritability
  /// Reads the socket's pending error now; none means that the connect has succeeded.
  case readPendingError
  /// Asks whether the connection has been reset: a stream's end beside a send that is under way.
  case confirmEnd
  /// Waits until a buffer returns to the pool, in order of arrival.
  case awaitBuffer
  /// Waits until a descriptor is closed, or for a pause.
  case awaitDescriptor(atMost: Duration)
  /// Submits again after a pause.
  case backOff(Duration)
  /// Submits once more without what the kernel or the socket does not support.
  case dropCapability
}

extension Verdict {
  /// A verdict without its duration, for counting.
  public enum Kind: Int, CaseIterable, Hashable, Sendable {
    /// See ``Verdict/surface``.
    case surface
    /// See ``Verdict/surfaceAndRearm``.
    case surfaceAndRearm
    /// See ``Verdict/resubmit``.
    case resubmit
    /// See ``Verdict/sendRest``.
    case sendRest
    /// See ``Verdict/pollFirst``.
    case pollFirst
    /// See ``Verdict/awaitWritability``.
    case awaitWritability
    /// See ``Verdict/readPendingError``.
    case readPendingError
    /// See ``Verdict/confirmEnd``.
    case confirmEnd
    /// See ``Verdict/awaitBuffer``.
    case awaitBuffer
    /// See ``Verdict/awaitDescriptor(atMost:)``.
    case awaitDescriptor
    /// See ``Verdict/backOff(_:)``.
    case backOff
    /// See ``Verdict/dropCapability``.
    case dropCapability
  }

  /// The verdict without its duration.
  public var kind: Kind {
    switch self {
    case .surface: .surface
    case .surfaceAndRearm: .surfaceAndRearm
    case .resubmit: .resubmit
    case .sendRest: .sendRest
    case .pollFirst: .pollFirst
    case .awaitWritability: .awaitWritability
    case .readPendingError: .readPendingError
    case .confirmEnd: .confirmEnd
    case .awaitBuffer: .awaitBuffer
    case .awaitDescriptor: .awaitDescriptor
    case .backOff: .backOff
    case .dropCapability: .dropCapability
    }
  }
}

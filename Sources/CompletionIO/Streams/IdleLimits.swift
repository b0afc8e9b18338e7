// SPDX-License-Identifier: Apache-2.0

/// How long a stream with a delegate may be idle: ``SocketStream/setIdleLimits(_:)``.
public struct IdleLimits: Hashable, Sendable {
  /// How long nothing may come while the stream receives: neither paused, nor behind the peer's end.
  public var receiving: Duration?
  /// How long none of the queued bytes may go out.
  public var sending: Duration?
  /// How long nothing may move in either direction.
  public var both: Duration?

  /// Describes limits; `nil` for none.
  ///
  /// - Parameters:
  ///   - receiving: How long nothing may come while the stream receives.
  ///   - sending: How long none of the queued bytes may go out.
  ///   - both: How long nothing may move in either direction.
  public init(receiving: Duration? = nil, sending: Duration? = nil, both: Duration? = nil) {
    self.receiving = receiving
    self.sending = sending
    self.both = both
  }

  /// The shortest of the limits.
  var shortest: Duration? { [receiving, sending, both].compactMap(\.self).min() }
}

/// Where nothing has moved for as long as a limit allows.
public enum IdleDirection: Hashable, Sendable {
  /// Nothing has come.
  case receiving
  /// None of the queued bytes has gone out.
  case sending
  /// Nothing has moved in either direction.
  case both
}

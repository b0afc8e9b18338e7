// SPDX-License-Identifier: Apache-2.0

/// What a listener allows its connections:
/// ``StreamListener/serve(limits:startingTasks:lingering:onRefused:onError:_:)``,
/// ``StreamListener/handle(limits:onRefused:ended:_:)``.
public struct ServeLimits: Hashable, Sendable {
  /// Connections that are served at a time on each loop; as many as have room if `nil`.
  public var connectionsPerLoop: Int?
  /// What becomes of the others.
  public var excess: Excess
  /// How long ``StreamConnection/receiveUnlessDraining(timeout:)`` may wait, which a connection does
  /// between two requests; with delegates how long nothing may move (``IdleLimits/both``).
  public var idleTime: Duration?
  /// How long another receive may wait for its next bytes; with delegates
  /// ``IdleLimits/receiving``.
  public var receiveTime: Duration?
  /// How long a send may take; with delegates ``IdleLimits/sending``.
  public var sendTime: Duration?

  /// What becomes of connections beyond the limit.
  public enum Excess: Hashable, Sendable {
    /// They wait in the listener's backlog until another has ended.
    case waits
    /// They are accepted, may be told so by `RefusedConnection.sendGoodbye(_:)`, and are closed.
    case refused
  }

  /// Describes limits; `nil` for none.
  ///
  /// - Parameters:
  ///   - connectionsPerLoop: Connections that are served at a time on each loop, at least 1.
  ///   - excess: What becomes of the others.
  ///   - idleTime: How long a connection may wait for its next request.
  ///   - receiveTime: How long another receive may wait for its next bytes.
  ///   - sendTime: How long a send may take.
  public init(
    connectionsPerLoop: Int? = nil, excess: Excess = .waits, idleTime: Duration? = nil,
    receiveTime: Duration? = nil, sendTime: Duration? = nil
  ) {
    self.connectionsPerLoop = connectionsPerLoop
    self.excess = excess
    self.idleTime = idleTime
    self.receiveTime = receiveTime
    self.sendTime = sendTime
  }

  /// The shortest of the times.
  var shortestTime: Duration? {
    [idleTime, receiveTime, sendTime].compactMap(\.self).min()
  }

  /// Connections that each loop serves at a time.
  var connectionLimit: Int { max(1, connectionsPerLoop ?? .max) }

  /// The same times for a stream with a delegate.
  var idleLimits: IdleLimits {
    IdleLimits(receiving: receiveTime, sending: sendTime, both: idleTime)
  }
}

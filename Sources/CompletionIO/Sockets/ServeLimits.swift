/// What a served listener allows its connections: ``StreamListener/serve(limits:lingering:onError:_:)``.
public struct ServeLimits: Hashable, Sendable {
  /// Connections that are served at a time on each loop; as many as have room if `nil`.
  ///
  /// Others wait in the listener's backlog until one has ended.
  public var connectionsPerLoop: Int?
  /// How long ``StreamConnection/receiveUnlessDraining(timeout:)`` may wait, which a connection does
  /// between two requests.
  public var idleTime: Duration?
  /// How long another receive may wait for its next bytes.
  public var receiveTime: Duration?
  /// How long a send may take.
  public var sendTime: Duration?

  /// Describes limits; `nil` for none.
  ///
  /// - Parameters:
  ///   - connectionsPerLoop: Connections that are served at a time on each loop, at least 1.
  ///   - idleTime: How long a connection may wait for its next request.
  ///   - receiveTime: How long another receive may wait for its next bytes.
  ///   - sendTime: How long a send may take.
  public init(
    connectionsPerLoop: Int? = nil, idleTime: Duration? = nil, receiveTime: Duration? = nil,
    sendTime: Duration? = nil
  ) {
    self.connectionsPerLoop = connectionsPerLoop
    self.idleTime = idleTime
    self.receiveTime = receiveTime
    self.sendTime = sendTime
  }

  /// The shortest of the times.
  var shortestTime: Duration? {
    [idleTime, receiveTime, sendTime].compactMap(\.self).min()
  }
}

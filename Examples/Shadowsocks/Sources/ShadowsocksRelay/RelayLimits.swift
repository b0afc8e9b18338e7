// SPDX-License-Identifier: Apache-2.0

/// How long the two programs wait, and how much they hold.
public struct RelayLimits: Sendable {
  /// How long a client may take to say what it wants.
  ///
  /// A server also keeps a connection for so long whose bytes it refuses.
  public var handshakeTime = Duration.seconds(30)
  /// How long a connect may take, look-up and all.
  public var connectTime = Duration.seconds(20)
  /// How long the look-up of a name may take that a datagram is for.
  public var lookUpTime = Duration.seconds(5)
  /// How long the address of such a name is used before the name is looked up again.
  public var nameTime = Duration.seconds(60)
  /// How long no byte and no datagram may move.
  public var idleTime = Duration.seconds(300)
  /// Connections of a loop at a time; more wait in the backlog.
  public var connectionsPerLoop = 10_000
  /// Senders and address families of a loop for which datagrams are carried at a time.
  public var associationsPerLoop = 1000
  /// Datagrams of a loop for whose names look-ups are on their way at a time; one more is dropped.
  public var lookUpsPerLoop = 32
  /// Salts that are remembered, of streams and of packets, so that none is taken twice.
  public var saltCount = 100_000

  /// Makes limits with their defaults.
  public init() {}
}

import CompletionIO
import Synchronization
import Uring

/// One end of a connection, which records all its operations in the ledger.
final class Party: Sendable {
  private struct State {
    var inbound: Flow?
    var outbound: Flow?
    var hasClosed = false
    /// Whether a failure of earlier sends may be told by others.
    var mayTellOfOthers = false
  }

  let world: World
  let connection: TCPConnection
  /// Which way of a connection's bytes this is an end of.
  private let legNumber: Int
  private let state: Mutex<State>

  /// The end that has accepted a connection, and learns from its first bytes which.
  init(accepted connection: TCPConnection, leg legNumber: Int = 0, in world: World) {
    self.world = world
    self.legNumber = legNumber
    self.connection = connection
    state = Mutex(State())
    connection.setPolicy(world.scenario.policy)
  }

  private init(connected connection: TCPConnection, _ flows: World.FlowPair, in world: World) {
    self.world = world
    self.connection = connection
    legNumber = 0
    state = Mutex(State(inbound: flows.down, outbound: flows.up))
  }

  /// Connects.
  ///
  /// - Parameters:
  ///   - address: Where to.
  ///   - world: The episode.
  ///   - leg: Whose bytes will go this way; those of a new connection if `nil`.
  ///   - timeout: How long it may take.
  ///   - policy: Whether the connect may show EINPROGRESS.
  /// - Returns: `nil` if that failed.
  static func connect(
    to address: SocketAddress, in world: World, leg: World.Leg? = nil,
    timeout: Duration? = nil, policy: ResubmissionPolicy = .completion
  ) async -> Party? {
    let flows = world.openFlows(of: leg ?? world.newConnection())
    let ticket = world.ledger.begin(.connect)
    do throws(SocketError) {
      let connection = try await TCPConnection.connect(
        to: address, on: world.group.next(), timeout: timeout, options: world.scenario.options,
        policy: policy)
      world.ledger.end(ticket)
      connection.setPolicy(world.scenario.policy)
      return Party(connected: connection, flows, in: world)
    } catch {
      world.ledger.end(ticket, -1)
      var circumstances = world.circumstances
      if timeout != nil { circumstances.insert(.deadline) }
      world.ledger.check(error, under: policy, circumstances)
      return nil
    }
  }

  var inbound: Flow? { state.withLock { $0.inbound } }
  var outbound: Flow? { state.withLock { $0.outbound } }

  /// Takes the first bytes of an accepted connection, which name it.
  ///
  /// - Returns: Whether the name is that of a connection.
  func learnName(from bytes: [UInt8]) -> Bool {
    let leg = World.Leg(connection: connectionName(in: bytes), number: legNumber)
    guard let flows = world.flows(of: leg) else {
      world.ledger.violation("an accepted connection has a name that nobody has")
      return false
    }
    state.withLock { state in
      state.inbound = flows.up
      state.outbound = flows.down
    }
    flows.up.receive(bytes)
    return true
  }

  // MARK: Ends

  /// What may have happened to an operation of this end.
  func circumstances(timeout: Duration? = nil) -> Circumstances {
    var circumstances = world.circumstances
    if timeout != nil { circumstances.insert(.deadline) }
    let (hasClosed, mayTellOfOthers) = state.withLock { ($0.hasClosed, $0.mayTellOfOthers) }
    if hasClosed { circumstances.insert(.closed) }
    if mayTellOfOthers { circumstances.insert(.queued) }
    return circumstances
  }

  /// Says that a send has failed, or that bytes are queued.
  func expectOthersToTell() {
    state.withLock { $0.mayTellOfOthers = true }
  }

  /// Says that somebody will close the connection under its operations.
  func announceClose() {
    state.withLock { $0.hasClosed = true }
  }

  /// Closes, and waits until the kernel has given everything back.
  func close() async {
    announceClose()
    let ticket = world.ledger.begin(.close)
    await connection.close()
    world.ledger.end(ticket)
  }

  /// Closes without waiting for anything.
  func abort() {
    announceClose()
    connection.abort()
  }

  /// Ends the sending half.
  ///
  /// - Returns: Whether it did; then everything queued is out.
  func finish() async -> Bool {
    let ticket = world.ledger.begin(.finish)
    do throws(SocketError) {
      try await connection.finishSending()
      world.ledger.end(ticket)
      outbound?.confirmQueued()
      outbound?.senderEnded(.clean)
      return true
    } catch {
      world.ledger.end(ticket, -1)
      world.ledger.check(error, under: .completion, circumstances())
      return false
    }
  }
}

/// The name of a connection in its first eight bytes.
func connectionName(in bytes: [UInt8]) -> UInt64 {
  bytes.prefix(Content.headerByteCount).reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

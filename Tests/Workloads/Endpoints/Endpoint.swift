// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

/// One end of a connection, which records all its operations in the ledger.
final class Endpoint: Sendable {
  private struct State {
    var inbound: Flow?
    var outbound: Flow?
    var hasClosed = false
    /// Whether an operation may report the failure of an earlier send.
    var mayReportOthers = false
  }

  let world: World
  let connection: StreamConnection
  /// The number of the leg that this is an end of.
  private let legNumber: Int
  private let state: Mutex<State>

  /// The accepting end of a connection; it learns the connection's name from the first bytes.
  init(accepted connection: StreamConnection, leg legNumber: Int = 0, in world: World) {
    self.world = world
    self.legNumber = legNumber
    self.connection = connection
    state = Mutex(State())
    connection.setPolicy(world.scenario.policy)
  }

  private init(connected connection: StreamConnection, _ flows: World.FlowPair, in world: World) {
    self.world = world
    self.connection = connection
    legNumber = 0
    state = Mutex(State(inbound: flows.down, outbound: flows.up))
  }

  /// Connects.
  ///
  /// - Parameters:
  ///   - address: The address of the peer.
  ///   - world: The running episode.
  ///   - leg: The leg that this connection is; a new connection's if `nil`.
  ///   - timeout: The longest time that the connect may take.
  ///   - policy: The policy of the connect, which decides whether it may show EINPROGRESS.
  /// - Returns: The connecting end; `nil` if the connect failed.
  static func connect(
    to address: SocketAddress, in world: World, leg: World.Leg? = nil,
    timeout: Duration? = nil, policy: ResubmissionPolicy = .completion
  ) async -> Endpoint? {
    let flows = world.openFlows(of: leg ?? world.newConnection())
    let ticket = world.ledger.begin(.connect)
    do throws(SocketError) {
      let connection = try await StreamConnection.connect(
        to: address, on: world.group.next(), timeout: timeout, options: world.scenario.options,
        policy: policy)
      world.ledger.end(ticket)
      connection.setPolicy(world.scenario.policy)
      return Endpoint(connected: connection, flows, in: world)
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

  /// Reads the name of an accepted connection from its first bytes.
  ///
  /// - Returns: Whether a connection has that name.
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

  /// What the program has done that may make an operation of this end fail.
  func circumstances(timeout: Duration? = nil) -> Circumstances {
    var circumstances = world.circumstances
    if timeout != nil { circumstances.insert(.deadline) }
    let (hasClosed, mayReportOthers) = state.withLock { ($0.hasClosed, $0.mayReportOthers) }
    if hasClosed { circumstances.insert(.closed) }
    if mayReportOthers { circumstances.insert(.queued) }
    return circumstances
  }

  /// Records that a send has failed or has queued bytes, so that others may report a failure.
  func expectOthersToTell() {
    state.withLock { $0.mayReportOthers = true }
  }

  /// Records that the program will close the connection while operations go on.
  func announceClose() {
    outbound?.senderIsEnding()
    state.withLock { $0.hasClosed = true }
  }

  /// Closes, and waits until the kernel has released the connection.
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
  /// - Returns: Whether it has ended; then all queued bytes have been sent.
  func finish() async -> Bool {
    let ticket = world.ledger.begin(.finish)
    outbound?.senderIsEnding()
    do throws(SocketError) {
      try await connection.finishSending()
      world.ledger.end(ticket)
      outbound?.confirmQueued()
      outbound?.senderEnded(.clean)
      return true
    } catch {
      world.ledger.end(ticket, -1)
      // The failure may be that of an earlier send, which had the connection's policy.
      let circumstances = circumstances()
      let policy = circumstances.contains(.queued) ? world.scenario.policy : .completion
      world.ledger.check(error, under: policy, circumstances)
      return false
    }
  }
}

/// The name of a connection in its first eight bytes.
func connectionName(in bytes: [UInt8]) -> UInt64 {
  bytes.prefix(Content.headerByteCount).reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

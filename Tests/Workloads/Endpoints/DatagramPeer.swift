// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

/// A socket of datagrams with completion handlers, which records what happens in the log.
final class DatagramPeer: Sendable {
  private struct State {
    /// Kept until it has closed, because a socket that is dropped is closed; no longer, because its
    /// handler keeps the peer.
    var socket: DatagramSocket?
    var hasEnded = false
    var hasClosed = false
    /// Sends that are to be told; empty datagrams have no name.
    var pending: [UInt: DatagramLog.Name?] = [:]
    var lastContext: UInt = 0
  }

  private let world: World
  private let log: DatagramLog
  /// The client whose echoes come; `nil` for a server's socket, which echoes.
  private let client: UInt32?
  /// Where echoes come from.
  private let server: SocketAddress?
  private let state: Mutex<State>

  /// Starts to receive; on the endpoint's loop.
  init(
    _ socket: DatagramSocket, echoTo client: UInt32?, from server: SocketAddress? = nil,
    _ log: DatagramLog, in world: World
  ) {
    state = Mutex(State(socket: socket))
    self.client = client
    self.server = server
    self.log = log
    self.world = world
    socket.endpoint.start(
      DatagramHandler(
        received: { [self] endpoint, datagram in received(datagram, on: endpoint) },
        failed: { [self] _, error in check(error) },
        ended: { [self] _, error in
          let isSecond = state.withLock { state in
            defer { state.hasEnded = true }
            return state.hasEnded
          }
          if isSecond { world.ledger.violation("receiving ended twice") }
          if let error { check(error) }
        },
        sent: { [self] _, completion in sent(completion) },
        closed: { [self] _ in state.withLock { $0.hasClosed = true } }))
  }

  private func check(_ error: SocketError) {
    world.checkDatagrams(error)
  }

  private func received(_ datagram: consuming Datagram, on endpoint: DatagramEndpoint) {
    if state.withLock({ $0.hasEnded }) { world.ledger.violation("a datagram behind the end") }
    let name = log.receive(datagram, echoTo: client, from: server)
    guard client == nil else { return }
    guard name != nil || datagram.isEmpty else { return }
    log.beginEcho(name, datagram.byteCount)
    if !endpoint.reply(datagram) { log.failEcho(name) }
  }

  /// Queues a datagram; on the loop's thread.
  func send(_ name: DatagramLog.Name?, _ bytes: [UInt8], to address: SocketAddress?) {
    let context = state.withLock { state in
      state.lastContext += 1
      state.pending.updateValue(name, forKey: state.lastContext)
      return state.lastContext
    }
    guard let endpoint = state.withLock({ $0.socket?.endpoint }) else { return }
    let isQueued = unsafe endpoint.enqueue(copying: bytes.span.bytes, to: address, context: context)
    if !isQueued {
      state.withLock { _ = $0.pending.removeValue(forKey: context) }
      log.fail(name)
    }
  }

  private func sent(_ completion: SendCompletion) {
    let sent = state.withLock { $0.pending.removeValue(forKey: completion.context) }
    guard let name = sent else { return world.ledger.violation("a send was told twice") }
    guard let error = completion.error else { return }
    check(error)
    log.fail(name)
  }

  /// Takes what has come, closes, and waits for the end of it.
  func close() async {
    guard let socket = state.withLock({ $0.socket }) else { return }
    socket.endpoint.stopReceiving()
    await wait(on: socket.loop) { $0.hasEnded }
    socket.endpoint.close()
    await wait(on: socket.loop) { $0.hasClosed }
    log.countUntoldFailures(socket.endpoint.failedSendCount)
    let untoldCount = state.withLock { $0.pending.count }
    if untoldCount > 0 { world.ledger.violation("\(untoldCount) sends were never told") }
    state.withLock { $0.socket = nil }
  }

  private func wait(on loop: CompletionLoop, until holds: (State) -> Bool) async {
    while !state.withLock({ holds($0) }) { await world.pause(microseconds: 100, on: loop) }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

/// An echo server of completion handlers, which records its streams in the ledger.
final class EchoHandler: Sendable {
  private struct Stream {
    /// Kept, so that no later stream gets its identity.
    var stream: SocketStream
    var first: [UInt8] = []
    var flows: World.FlowPair?
    var hasEnded = false
  }

  private struct State {
    var streams: [ObjectIdentifier: Stream] = [:]
    var numbers: Numbers
  }

  private let world: World
  private let legNumber: Int
  private let state: Mutex<State>

  init(leg legNumber: Int, in world: World, _ numbers: Numbers) {
    self.world = world
    self.legNumber = legNumber
    state = Mutex(State(numbers: numbers))
  }

  /// What a listener calls.
  var handler: StreamHandler {
    StreamHandler(
      received: { [self] stream, lease in received(stream, lease) },
      ended: { [self] stream, error in ended(stream, error) })
  }

  private func received(_ stream: SocketStream, _ lease: consuming BufferLease) {
    let key = ObjectIdentifier(stream)
    let (flows, hasEnded, copies) = state.withLock { state in
      let entry = state.streams[key, default: Stream(stream: stream)]
      return (entry.flows, entry.hasEnded, state.numbers.chance(20))
    }
    if hasEnded { world.ledger.violation("a stream received bytes after its end") }
    guard let flows else { return receivedFirst(stream, lease) }
    flows.up.receive(lease.bytes)
    flows.down.offer(lease.byteCount)
    flows.down.queue(lease.byteCount)
    if copies { stream.enqueue(copying: lease.bytes) } else { stream.enqueue(lease) }
  }

  /// Collects the bytes that name a connection, then sends them back.
  private func receivedFirst(_ stream: SocketStream, _ lease: consuming BufferLease) {
    let key = ObjectIdentifier(stream)
    var bytes = state.withLock { $0.streams[key]?.first ?? [] }
    if bytes.isEmpty { stream.policy = world.scenario.policy }
    for offset in 0..<lease.byteCount { bytes.append(lease.bytes.byte(at: offset)) }
    guard bytes.count >= Content.headerByteCount else {
      return state.withLock { $0.streams[key, default: Stream(stream: stream)].first = bytes }
    }
    let leg = World.Leg(connection: connectionName(in: bytes), number: legNumber)
    guard let flows = world.flows(of: leg) else {
      return world.ledger.violation("a stream has a name that nobody has")
    }
    state.withLock { $0.streams[key, default: Stream(stream: stream)].flows = flows }
    flows.up.receive(bytes)
    flows.down.offer(bytes.count)
    flows.down.queue(bytes.count)
    unsafe stream.enqueue(copying: bytes.span.bytes)
  }

  private func ended(_ stream: SocketStream, _ error: SocketError?) {
    let key = ObjectIdentifier(stream)
    let (flows, hadEnded) = state.withLock { state in
      let entry = state.streams[key, default: Stream(stream: stream)]
      state.streams[key, default: entry].hasEnded = true
      return (entry.flows, entry.hasEnded)
    }
    if hadEnded { world.ledger.violation("a stream ended twice") }
    if let error {
      world.ledger.check(error, under: world.scenario.policy, world.circumstances)
    }
    flows?.up.receiverEnded(error == nil ? .clean : .broken)
    flows?.down.senderEnded(error == nil ? .clean : .broken)
    stream.close()
  }
}

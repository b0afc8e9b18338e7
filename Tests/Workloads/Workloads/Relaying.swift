// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import Synchronization
import Uring

extension World {
  /// Clients talk to servers through a relay, both ways at once, and each side ends in its own way.
  func runRelay() async {
    var numbers = scenario.numbers
    let width = numbers.within(1...6)
    let (near, far) = (
      numbers.pick(AcceptStyle.allCases), numbers.pick(AcceptStyle.allCases)
    )
    let plan = RelayPlan(for: scenario, &numbers)
    let state = RelayState(numbers.branch())
    await withServer(far) { endpoint in
      await self.answer(endpoint, plan)
    } _: { origin in
      var rest = numbers
      await withServer(near) { endpoint in
        await self.carry(endpoint, to: origin, plan, state)
      } _: { address in
        await crowd(width, &rest) { numbers in
          await self.speak(to: address, plan, state, &numbers)
        }
      }
    }
  }

  /// The relay's side: connects to the origin and relays, perhaps until it is cancelled.
  private func carry(
    _ near: Endpoint, to origin: SocketAddress, _ plan: RelayPlan, _ state: RelayState
  ) async {
    var numbers = state.branch()
    near.connection.setPolicy(plan.policy)
    let ticket = ledger.begin(.connect)
    let far: StreamConnection
    do throws(SocketError) {
      far = try await StreamConnection.connect(
        to: origin, on: numbers.chance(70) ? near.connection.loop : group.next(),
        options: scenario.options, policy: plan.policy)
      ledger.end(ticket)
    } catch {
      ledger.end(ticket, -1)
      ledger.check(error, under: plan.policy, circumstances)
      return near.connection.reset()
    }
    let patience: Int? = numbers.chance(plan.cancelledPercent) ? numbers.within(0...5000) : nil
    let relaying = task(on: near.connection.loop) {
      await self.relay(near.connection, far, plan, state, isCancelled: patience != nil)
    }
    if let patience {
      await pause(microseconds: patience, on: near.connection.loop)
      relaying.cancel()
    }
    await relaying.value
  }

  private func relay(
    _ near: StreamConnection, _ far: StreamConnection, _ plan: RelayPlan, _ state: RelayState,
    isCancelled: Bool
  ) async {
    let clientPort = near.peerAddress?.port
    let start = near.loop.now
    let watch = ledger.watch { [bound = plan.bound] in
      bound.problem(of: near) ?? bound.problem(of: far)
    }
    defer { ledger.unwatch(watch) }
    let ticket = ledger.begin(.relay)
    do throws(RelayError) {
      let counts = try await CompletionIO.relay(
        between: near, and: far, idleLimit: plan.idleLimit, pipeAfter: plan.pipeAfter)
      ledger.end(ticket, Int(counts.firstToSecond &+ counts.secondToFirst))
      guard let flows = state.flows(ofClientAt: clientPort) else { return }
      flows.up.checkCarried(counts.firstToSecond)
      flows.down.checkCarried(counts.secondToFirst)
    } catch {
      ledger.end(ticket, -1)
      var circumstances = circumstances
      if isCancelled { circumstances.insert(.cancelled) }
      if error.side == nil, plan.idleLimit != nil { circumstances.insert(.deadline) }
      ledger.check(error.error, under: plan.policy, circumstances.union(.queued))
      guard error.side == nil, let limit = plan.idleLimit else { return }
      let time = start.duration(to: near.loop.now)
      if time < limit { ledger.violation("a relay was idle after \(time) of \(limit)") }
      if let flows = state.flows(ofClientAt: clientPort),
        plan.manners(of: flows.up.connection).client == .ticks
      {
        ledger.violation("a relay was idle while bytes moved")
      }
    }
  }
}

/// All that relays of an episode have in common.
struct RelayPlan: Sendable {
  /// How long a relay may be idle.
  let idleLimit: Duration?
  /// What the relay's own connections do with would-block answers.
  let policy: ResubmissionPolicy
  /// Bytes in full buffers in a row before a pipe is tried.
  let pipeAfter: Int
  /// Relays in a hundred that are cancelled.
  let cancelledPercent: Int
  let bound: QueueBound
  private let seed: UInt64
  /// Whether nothing keeps a byte for as long as the idle limit is.
  private let isPunctual: Bool

  init(for scenario: Scenario, _ numbers: inout Numbers) {
    idleLimit = numbers.chance(50) ? .microseconds(numbers.within(500...50_000)) : nil
    policy = numbers.chance(70) ? .completion : scenario.policy
    cancelledPercent = numbers.pick([0, 0, 10, 40])
    bound = QueueBound(scenario)
    seed = numbers.next()
    var others = Numbers(seed: seed)
    pipeAfter = others.powerOfTwo(2...20)
    isPunctual =
      [.none, .shortTransfers(rate: 0.5)].contains(scenario.faults)
      && policy == .completion && scenario.policy == .completion
      && (idleLimit ?? .zero) >= .milliseconds(10)
  }

  /// The behaviour of one side of a connection.
  enum Manner: CaseIterable {
    /// Sends and receives at once, and ends its half when it has sent all.
    case talks
    /// The same, but begins to receive late.
    case readsLate
    /// Sends back what it receives.
    case echoes
    /// Resets in the middle.
    case resets
    /// Closes in the middle, perhaps without having received what has come.
    case leaves
    /// Neither sends nor receives any more.
    case fallsSilent
    /// Sends a byte now and then, more often than the relay's idle limit needs.
    case ticks
  }

  /// The manners of the client and of the server of a connection, which both know.
  func manners(of connection: UInt64) -> (client: Manner, server: Manner) {
    var numbers = Numbers(seed: seed ^ (connection &* 0x9E37_79B9_7F4A_7C15))
    if idleLimit != nil, numbers.chance(10) { return (.fallsSilent, .fallsSilent) }
    if isPunctual, numbers.chance(60) { return (.ticks, .echoes) }
    let client = numbers.pick([Manner.talks, .talks, .readsLate, .resets, .leaves])
    let server = numbers.pick([
      Manner.talks, .talks, .readsLate, .echoes, .echoes, .resets, .leaves,
    ])
    return (client, server)
  }
}

/// Which flows belong to the connections that a relay accepts.
final class RelayState: Sendable {
  private let flows = Mutex<[UInt16: World.FlowPair]>([:])
  private let numbers: Mutex<Numbers>

  init(_ numbers: Numbers) {
    self.numbers = Mutex(numbers)
  }

  /// Numbers for one relay.
  func branch() -> Numbers { numbers.withLock { $0.branch() } }

  /// Takes note of a client, by its port.
  func add(_ client: Endpoint) {
    guard let port = client.connection.localAddress?.port, let up = client.outbound,
      let down = client.inbound
    else { return }
    flows.withLock { $0[port] = World.FlowPair(up: up, down: down) }
  }

  /// The flows of a client; `nil` if it does not know yet that it is connected.
  func flows(ofClientAt port: UInt16?) -> World.FlowPair? {
    flows.withLock { flows in port.flatMap { flows[$0] } }
  }
}

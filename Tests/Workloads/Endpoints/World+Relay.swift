// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

// The two sides of a relay, which know nothing of it.
extension World {
  /// The client's side.
  func speak(
    to address: SocketAddress, _ plan: RelayPlan, _ state: RelayState, _ numbers: inout Numbers
  ) async {
    guard let endpoint = await Endpoint.connect(to: address, in: self) else { return }
    state.add(endpoint)
    let name = endpoint.outbound?.connection ?? 0
    guard await endpoint.send(Content.headerByteCount) else { return endpoint.giveUp() }
    let manner = plan.manners(of: name).client
    if manner == .fallsSilent {
      // Its server measures the time: only then the relay is sure to be there.
      await endpoint.drain()
      endpoint.outbound?.senderEnded(.broken)
    } else {
      await behave(endpoint, manner, plan, &numbers)
    }
    await endpoint.end(&numbers)
  }

  /// The server's side.
  func answer(_ endpoint: Endpoint, _ plan: RelayPlan) async {
    // A close, before the client has said a word, would tell it of an end that is none.
    guard let bytes = await endpoint.receiveName() else { return endpoint.reset() }
    let name = connectionName(in: bytes)
    let manner = plan.manners(of: name).server
    var numbers = Numbers(seed: scenario.seed ^ (name &* 0xD1B5_4A32_D192_ED03))
    if manner == .echoes {
      guard await endpoint.forward(bytes) else { return endpoint.giveUp() }
    } else if manner != .fallsSilent {
      // The answer begins with the connection's name, as the flow expects of every stream.
      guard await endpoint.send(Content.headerByteCount) else { return endpoint.giveUp() }
    }
    await behave(endpoint, manner, plan, &numbers)
    endpoint.announceClose()
  }

  private func behave(
    _ endpoint: Endpoint, _ manner: RelayPlan.Manner, _ plan: RelayPlan, _ numbers: inout Numbers
  ) async {
    switch manner {
    case .talks:
      await talk(endpoint, readingAfter: 0, &numbers)
    case .readsLate:
      await talk(endpoint, readingAfter: numbers.within(1...10_000), &numbers)
    case .echoes:
      await echoRelayed(endpoint)
    case .resets, .leaves:
      let life = numbers.within(0...3000)
      var own = numbers.branch()
      async let talking: Void = talk(endpoint, readingAfter: numbers.pick([0, 5000]), &own)
      await pause(microseconds: life, on: endpoint.connection.loop)
      if manner == .resets { endpoint.reset() } else { endpoint.abort() }
      await talking
    case .fallsSilent:
      await beSilent(endpoint, plan)
    case .ticks:
      await tick(endpoint, plan)
    }
  }

  /// Sends and receives at once, each to its end.
  private func talk(
    _ endpoint: Endpoint, readingAfter microseconds: Int, _ numbers: inout Numbers
  ) async {
    var own = numbers.branch()
    async let writing: Void = pourOut(into: endpoint, &own)
    if microseconds > 0 {
      await pause(microseconds: microseconds, on: endpoint.connection.loop)
    }
    await endpoint.drain()
    // Whoever has not seen the end has seen the connection fail, and the writer might wait for ever.
    if !(endpoint.inbound?.hasReceivedAll ?? false) { endpoint.abort() }
    await writing
  }

  private func pourOut(into endpoint: Endpoint, _ numbers: inout Numbers) async {
    for _ in 0..<numbers.within(0...6) {
      let count = numbers.within(1...numbers.pick([16, 300, 4000, 20_000]))
      guard await endpoint.send(count), goesOn else { return endpoint.giveUp() }
      if numbers.chance(30) {
        await pause(microseconds: numbers.within(1...800), on: endpoint.connection.loop)
      }
    }
    guard await endpoint.finish() else { return endpoint.giveUp() }
  }

  private func echoRelayed(_ endpoint: Endpoint) async {
    while let chunk = await endpoint.receive() {
      guard await endpoint.forward(chunk) else { return endpoint.giveUp() }
    }
    guard endpoint.inbound?.hasReceivedAll ?? false, await endpoint.finish() else {
      return endpoint.giveUp()
    }
  }

  /// Sends bytes for some time, with pauses in which the relay sees nothing once or twice.
  private func tick(_ endpoint: Endpoint, _ plan: RelayPlan) async {
    let time = Int((plan.idleLimit ?? .zero) / .microseconds(1)) * 3 / 8
    async let draining: Void = endpoint.drain()
    for _ in 0..<16 {
      guard await endpoint.send(1), goesOn else { break }
      await pause(microseconds: time, on: endpoint.connection.loop)
    }
    if await !endpoint.finish() { endpoint.giveUp() }
    await draining
  }

  /// Waits, after the last byte there ever was, to be told that nobody has moved one for too long.
  private func beSilent(_ endpoint: Endpoint, _ plan: RelayPlan) async {
    guard let limit = plan.idleLimit else { return }
    // With another policy it might ask seldom.
    endpoint.connection.setPolicy(.completion)
    let start = endpoint.connection.loop.now
    while await endpoint.receive() != nil {}
    let time = start.duration(to: endpoint.connection.loop.now)
    // A relay looks four times in its limit; the rest is what a hostile kernel may cost.
    if !scenario.faults.isStubborn, time > limit * 5 / 4 + .milliseconds(100) {
      ledger.violation("a relay that was idle for \(limit) ended after \(time)")
    }
    endpoint.giveUp()
  }
}

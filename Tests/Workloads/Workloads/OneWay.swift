// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

extension World {
  /// Streams to a server that answers with the count and the checksum of what has come.
  func runOneWay() async {
    var numbers = scenario.numbers
    let copies = numbers.chance(40)
    let width = numbers.within(1...8)
    await withServer(numbers.pick(AcceptStyle.allCases)) { endpoint in
      await self.collect(from: endpoint, copies: copies)
    } _: { address in
      await crowd(width, &numbers) { numbers in await self.stream(to: address, &numbers) }
    }
  }

  /// The server's side: receives to the end, then says what it has received.
  private func collect(from endpoint: Endpoint, copies: Bool) async {
    guard let name = await endpoint.receiveName() else { return }
    if copies {
      while await !endpoint.receive(atMost: scenario.configuration.bufferSize * 2).isEmpty {}
    } else {
      await endpoint.drain()
    }
    guard endpoint.inbound?.hasReceivedAll ?? false else {
      endpoint.outbound?.senderEnded(.broken)
      return endpoint.announceClose()
    }
    ledger.note(3, name.count)
    // The answer begins with the connection's name, as the flow expects of every stream.
    guard await endpoint.send(Content.headerByteCount * 2), await endpoint.finish() else {
      endpoint.outbound?.senderEnded(.broken)
      return endpoint.announceClose()
    }
    endpoint.announceClose()
  }

  /// The client's side: several tasks send, one after the other or at the same time.
  private func stream(to address: SocketAddress, _ numbers: inout Numbers) async {
    guard let endpoint = await Endpoint.connect(to: address, in: self) else { return }
    guard await endpoint.send(Content.headerByteCount) else { return endpoint.giveUp() }
    let mayRetry = scenario.policy == .completion
    let width = mayRetry ? numbers.within(1...4) : 1
    await withTaskGroup(of: Void.self) { tasks in
      for _ in 0..<width {
        let start = numbers.branch()
        tasks.addTask(executorPreference: endpoint.connection.loop) {
          var numbers = start
          await self.sendPieces(to: endpoint, &numbers)
        }
      }
    }
    guard goesOn, await endpoint.finish() else { return endpoint.giveUp() }
    await endpoint.drain()
    await endpoint.end(&numbers)
  }

  private func sendPieces(to endpoint: Endpoint, _ numbers: inout Numbers) async {
    for _ in 0..<numbers.within(1...10) {
      let count = numbers.within(1...numbers.pick([8, 64, 3000]))
      guard goesOn, await endpoint.send(count) else { return endpoint.abort() }
    }
  }
}

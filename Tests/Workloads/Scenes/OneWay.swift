import CompletionIO
import Uring

extension World {
  /// Streams to a server that answers with the count and the checksum of what has come.
  func runOneWay() async {
    var numbers = scenario.numbers
    let copies = numbers.chance(40)
    let width = numbers.within(1...8)
    await withServer(numbers.pick(ListeningFace.allCases)) { party in
      await self.collect(from: party, copies: copies)
    } _: { address in
      await crowd(width, &numbers) { numbers in await self.stream(to: address, &numbers) }
    }
  }

  /// The server's part: receives to the end, then says what it has received.
  private func collect(from party: Party, copies: Bool) async {
    guard let name = await party.receiveName() else { return }
    if copies {
      while await !party.receive(atMost: scenario.configuration.bufferSize * 2).isEmpty {}
    } else {
      await party.drain()
    }
    guard party.inbound?.hasReceivedAll ?? false else {
      party.outbound?.senderEnded(.broken)
      return party.announceClose()
    }
    ledger.note(3, name.count)
    // The answer begins with the connection's name, as the flow expects of every stream.
    guard await party.send(Content.headerByteCount * 2), await party.finish() else {
      party.outbound?.senderEnded(.broken)
      return party.announceClose()
    }
    party.announceClose()
  }

  /// The client's part: several tasks send, one after the other or at the same time.
  private func stream(to address: SocketAddress, _ numbers: inout Numbers) async {
    guard let party = await Party.connect(to: address, in: self) else { return }
    guard await party.send(Content.headerByteCount) else { return party.giveUp() }
    let mayRetry = scenario.policy == .completion
    let width = mayRetry ? numbers.within(1...4) : 1
    await withTaskGroup(of: Void.self) { tasks in
      for _ in 0..<width {
        let start = numbers.branch()
        tasks.addTask(executorPreference: party.connection.loop) {
          var numbers = start
          await self.sendPieces(to: party, &numbers)
        }
      }
    }
    guard goesOn, await party.finish() else { return party.giveUp() }
    await party.drain()
    await party.end(&numbers)
  }

  private func sendPieces(to party: Party, _ numbers: inout Numbers) async {
    for _ in 0..<numbers.within(1...10) {
      let count = numbers.within(1...numbers.pick([8, 64, 3000]))
      guard goesOn, await party.send(count) else { return party.abort() }
    }
  }
}

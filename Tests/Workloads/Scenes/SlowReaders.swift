import CompletionIO
import Uring

extension World {
  /// A server sends more than its clients care to read.
  func runSlowReaders() async {
    var numbers = scenario.numbers
    let byteCount = numbers.within(100...20_000)
    let timeout: Duration? = numbers.chance(50) ? .microseconds(numbers.within(50...5000)) : nil
    let width = numbers.within(1...10)
    await withServer(numbers.pick(ListeningFace.allCases)) { party in
      await self.pour(byteCount, into: party, timeout: timeout)
    } _: { address in
      await crowd(width, &numbers) { numbers in
        await self.sip(from: address, &numbers)
      }
    }
  }

  /// The server's part: sends much, some of it with deadlines.
  private func pour(_ byteCount: Int, into party: Party, timeout: Duration?) async {
    guard await party.receiveName() != nil else { return }
    defer { party.announceClose() }
    let piece = max(Content.headerByteCount, min(byteCount, 4000))
    var left = byteCount
    while left > 0, goesOn {
      let count = min(left, piece)
      guard await party.send(count, timeout: timeout) else {
        party.outbound?.senderEnded(.broken)
        return
      }
      left -= count
    }
    guard await party.finish() else {
      party.outbound?.senderEnded(.broken)
      return
    }
    await party.drain()
  }

  /// The client's part: reads slowly, keeps what it has read, or goes away.
  private func sip(from address: SocketAddress, _ numbers: inout Numbers) async {
    guard let party = await Party.connect(to: address, in: self) else { return }
    guard await party.send(Content.headerByteCount) else { return party.giveUp() }
    party.outbound?.senderEnded(.clean)
    let style = numbers.within(0...3)
    let leaves = numbers.chance(25)
    var own = numbers.branch()
    while goesOn {
      let pause = own.chance(50) ? own.within(0...2000) : 0
      let goesOn =
        style == 0
        ? await swallow(from: party, own.within(1...300), pause)
        : await taste(from: party, pause)
      guard goesOn else { break }
      if leaves, own.chance(10) { break }
    }
    party.inbound?.receiverEnded(.broken)
    await party.end(&numbers)
  }

  private func swallow(from party: Party, _ limit: Int, _ pause: Int) async -> Bool {
    let isOver = await party.receive(atMost: limit).isEmpty
    if pause > 0 { await self.pause(microseconds: pause, on: party.connection.loop) }
    return !isOver
  }

  /// Receives and keeps the buffer for a while: nobody may write to it meanwhile.
  private func taste(from party: Party, _ pause: Int) async -> Bool {
    let start = party.inbound?.receivedByteCount ?? 0
    guard let lease = await party.receive(timeout: .milliseconds(20)) else { return false }
    if pause > 0 { await self.pause(microseconds: pause, on: party.connection.loop) }
    let connection = party.inbound?.connection ?? 0
    if !Content.matches(lease.bytes, connection, from: start) {
      ledger.violation("connection \(connection): a buffer was written to while it was leased")
    }
    return true
  }
}

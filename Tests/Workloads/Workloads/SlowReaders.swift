// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

extension World {
  /// A server sends more than its clients care to read.
  func runSlowReaders() async {
    var numbers = scenario.numbers
    let byteCount = numbers.within(100...20_000)
    let timeout: Duration? = numbers.chance(50) ? .microseconds(numbers.within(50...5000)) : nil
    let width = numbers.within(1...10)
    await withServer(numbers.pick(AcceptStyle.allCases)) { endpoint in
      await self.pour(byteCount, into: endpoint, timeout: timeout)
    } _: { address in
      await crowd(width, &numbers) { numbers in
        await self.sip(from: address, &numbers)
      }
    }
  }

  /// The server's side: sends much, some of it with deadlines.
  private func pour(_ byteCount: Int, into endpoint: Endpoint, timeout: Duration?) async {
    guard await endpoint.receiveName() != nil else { return }
    defer { endpoint.announceClose() }
    let piece = max(Content.headerByteCount, min(byteCount, 4000))
    var left = byteCount
    while left > 0, goesOn {
      let count = min(left, piece)
      guard await endpoint.send(count, timeout: timeout) else {
        endpoint.outbound?.senderEnded(.broken)
        return
      }
      left -= count
    }
    guard await endpoint.finish() else {
      endpoint.outbound?.senderEnded(.broken)
      return
    }
    await endpoint.drain()
  }

  /// The client's side: reads slowly, keeps what it has read, or goes away.
  private func sip(from address: SocketAddress, _ numbers: inout Numbers) async {
    guard let endpoint = await Endpoint.connect(to: address, in: self) else { return }
    guard await endpoint.send(Content.headerByteCount) else { return endpoint.giveUp() }
    endpoint.outbound?.senderEnded(.clean)
    let style = numbers.within(0...3)
    let leaves = numbers.chance(25)
    var own = numbers.branch()
    while goesOn {
      let pause = own.chance(50) ? own.within(0...2000) : 0
      let goesOn =
        style == 0
        ? await swallow(from: endpoint, own.within(1...300), pause)
        : await taste(from: endpoint, pause)
      guard goesOn else { break }
      if leaves, own.chance(10) { break }
    }
    endpoint.inbound?.receiverEnded(.broken)
    await endpoint.end(&numbers)
  }

  private func swallow(from endpoint: Endpoint, _ limit: Int, _ pause: Int) async -> Bool {
    let isOver = await endpoint.receive(atMost: limit).isEmpty
    if pause > 0 { await self.pause(microseconds: pause, on: endpoint.connection.loop) }
    return !isOver
  }

  /// Receives, and keeps the buffer for a while, in which nobody may write to it.
  private func taste(from endpoint: Endpoint, _ pause: Int) async -> Bool {
    let start = endpoint.inbound?.receivedByteCount ?? 0
    guard let lease = await endpoint.receive(timeout: .milliseconds(20)) else { return false }
    if pause > 0 { await self.pause(microseconds: pause, on: endpoint.connection.loop) }
    let connection = endpoint.inbound?.connection ?? 0
    if !Content.matches(lease.bytes, connection, from: start) {
      ledger.violation("connection \(connection): a buffer was written to while it was leased")
    }
    return true
  }
}

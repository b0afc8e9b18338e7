// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

extension World {
  /// How an echo server receives and sends.
  enum EchoStyle: CaseIterable, Sendable {
    /// Lends the buffer to the send.
    case borrowing
    /// Gives the buffer to the send.
    case giving
    /// Receives into memory of its own.
    case copying
    /// Completion handlers.
    case handling
  }

  func runEcho() async {
    var numbers = scenario.numbers
    await withEcho(numbers.pick(EchoStyle.allCases), &numbers) { address, numbers in
      await crowd(numbers.within(1...12), &numbers) { numbers in
        await self.exchange(with: address, &numbers)
      }
    }
  }

  /// Runs a body while an echo server serves.
  func withEcho(
    _ style: EchoStyle, leg: Int = 0, _ numbers: inout Numbers,
    _ body: (SocketAddress, inout Numbers) async -> Void
  ) async {
    if style == .handling {
      guard let listener = await bind() else { return }
      do throws(SocketError) {
        try listener.handle(EchoHandler(leg: leg, in: self, numbers.branch()).handler)
      } catch {
        ledger.violation("a new listener is in use: \(error)")
      }
      await body(listener.localAddress, &numbers)
      return listener.abort()
    }
    var rest = numbers
    await withServer(numbers.pick(AcceptStyle.allCases), leg: leg) { endpoint in
      await self.echo(to: endpoint, style)
    } _: { address in
      await body(address, &rest)
    }
    numbers = rest
  }

  /// The server's side: sends back what arrives.
  func echo(to endpoint: Endpoint, _ style: EchoStyle) async {
    guard let name = await endpoint.receiveName() else { return }
    guard await endpoint.forward(name) else { return endEcho(endpoint, .broken) }
    switch style {
    case .borrowing, .handling:
      while let chunk = await endpoint.receive() {
        guard await endpoint.forward(chunk.bytes) else { return endEcho(endpoint, .broken) }
      }
    case .giving:
      while let chunk = await endpoint.receive() {
        guard await endpoint.forward(chunk) else { return endEcho(endpoint, .broken) }
      }
    case .copying:
      while true {
        var bytes = await endpoint.receive(atMost: scenario.configuration.bufferSize)
        guard !bytes.isEmpty else { break }
        guard await endpoint.forward(bytes) else { return endEcho(endpoint, .broken) }
        bytes.spoil()
      }
    }
    endEcho(endpoint, .clean)
  }

  private func endEcho(_ endpoint: Endpoint, _ end: Flow.End) {
    endpoint.outbound?.senderEnded(end)
    endpoint.inbound?.receiverEnded(.broken)
    endpoint.announceClose()
  }

  /// The client's side: sends some messages and checks what comes back.
  func exchange(with address: SocketAddress, _ numbers: inout Numbers) async {
    guard let endpoint = await Endpoint.connect(to: address, in: self) else { return }
    var writerNumbers = numbers.branch()
    // Reads while it writes: the server stops reading when nobody takes what it sends back.
    async let writing: Void = write(to: endpoint, &writerNumbers)
    await endpoint.drain()
    endpoint.abortUnlessFinished()
    await writing
    await endpoint.end(&numbers)
  }

  /// Sends a few messages, and ends its half or the whole connection.
  private func write(to endpoint: Endpoint, _ numbers: inout Numbers) async {
    let room = scenario.configuration.bufferSize * 4
    for index in 0..<numbers.within(1...8) {
      let count = numbers.within(1...numbers.pick([16, 100, room]))
      let isWhole = await endpoint.send(index == 0 ? max(count, Content.headerByteCount) : count)
      guard isWhole, goesOn else { return endpoint.giveUp() }
      if numbers.chance(20) {
        await self.pause(microseconds: numbers.within(1...500), on: endpoint.connection.loop)
      }
      if numbers.chance(2) { return endpoint.giveUp() }
    }
    guard await endpoint.finish() else { return endpoint.giveUp() }
  }
}

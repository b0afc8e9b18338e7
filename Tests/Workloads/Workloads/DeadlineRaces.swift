// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

extension World {
  /// Deadlines that pass at about the time when their operations end.
  func runDeadlineRaces() async {
    var numbers = scenario.numbers
    let pause = numbers.within(0...400)
    let width = numbers.within(1...8)
    await withServer(numbers.pick(AcceptStyle.allCases)) { endpoint in
      await self.answerLate(endpoint, by: pause)
    } _: { address in
      await crowd(width, &numbers) { numbers in
        switch numbers.within(0...4) {
        case 0: await self.raceTimers(&numbers)
        default: await self.race(with: address, pause, &numbers)
        }
      }
    }
  }

  /// The server's side: echoes, each time a little later.
  private func answerLate(_ endpoint: Endpoint, by pause: Int) async {
    guard let name = await endpoint.receiveName() else { return }
    defer { endpoint.announceClose() }
    guard await endpoint.forward(name) else {
      endpoint.outbound?.senderEnded(.broken)
      return
    }
    while let chunk = await endpoint.receive() {
      if pause > 0 { await self.pause(microseconds: pause, on: endpoint.connection.loop) }
      guard await endpoint.forward(chunk.bytes, timeout: .microseconds(max(1, pause))) else {
        endpoint.outbound?.senderEnded(.broken)
        return
      }
    }
    endpoint.outbound?.senderEnded(.clean)
  }

  /// The client's side: each operation has a deadline that it may or may not meet.
  private func race(
    with address: SocketAddress, _ pause: Int, _ numbers: inout Numbers
  ) async {
    let endpoint = await Endpoint.connect(
      to: address, in: self, timeout: .microseconds(numbers.within(1...2000)))
    guard let endpoint else { return }
    var own = numbers.branch()
    async let writing: Void = hurry(endpoint, pause, &own)
    let copies = numbers.chance(40)
    while true {
      let timeout = Duration.microseconds(numbers.within(1...max(2, pause * 2)))
      if copies {
        guard await !endpoint.receive(atMost: 256, timeout: timeout).isEmpty else { break }
      } else {
        guard await endpoint.receive(timeout: timeout) != nil else { break }
      }
    }
    endpoint.abortUnlessFinished()
    await writing
    await endpoint.end(&numbers)
  }

  private func hurry(_ endpoint: Endpoint, _ pause: Int, _ numbers: inout Numbers) async {
    for index in 0..<numbers.within(1...6) {
      let count = numbers.within(Content.headerByteCount...numbers.pick([16, 4000]))
      let timeout = Duration.microseconds(numbers.within(1...max(2, pause * 2)))
      guard await endpoint.send(count, timeout: index == 0 ? nil : timeout), goesOn else {
        return endpoint.giveUp()
      }
    }
    guard await endpoint.finish() else { return endpoint.giveUp() }
  }

  // MARK: Timers

  /// Timers of a framework's own that are cancelled at about the time when they end.
  private func raceTimers(_ numbers: inout Numbers) async {
    let loop = group.next()
    let time = numbers.within(1...100)
    let ended = Mutex(0)
    let timer = LoopTimer(on: loop) { ended.withLock { $0 += 1 } }
    timer.start(.microseconds(time))
    await self.pause(microseconds: time + numbers.within(-1...1), on: loop)
    let count = await withCheckedContinuation { continuation in
      loop.perform {
        timer.cancel()
        continuation.resume(returning: ended.withLock { $0 })
      }
    }
    await self.pause(microseconds: 2, on: loop)
    if ended.withLock({ $0 }) != count || count > 1 {
      ledger.violation("a timer ended after it was cancelled, or twice")
    }
  }
}

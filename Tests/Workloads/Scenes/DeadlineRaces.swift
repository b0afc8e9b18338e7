import CompletionIO
import Synchronization
import Uring

extension World {
  /// Deadlines at about the time of what they guard.
  func runDeadlineRaces() async {
    var numbers = scenario.numbers
    let pause = numbers.within(0...400)
    let width = numbers.within(1...8)
    await withServer(numbers.pick(ListeningFace.allCases)) { party in
      await self.answerLate(party, by: pause)
    } _: { address in
      await crowd(width, &numbers) { numbers in
        switch numbers.within(0...4) {
        case 0: await self.raceTimers(&numbers)
        default: await self.race(with: address, pause, &numbers)
        }
      }
    }
  }

  /// The server's part: echoes, each time a little later.
  private func answerLate(_ party: Party, by pause: Int) async {
    guard let name = await party.receiveName() else { return }
    defer { party.announceClose() }
    guard await party.forward(name) else {
      party.outbound?.senderEnded(.broken)
      return
    }
    while let chunk = await party.receive() {
      if pause > 0 { await self.pause(microseconds: pause, on: party.connection.loop) }
      guard await party.forward(chunk.bytes, timeout: .microseconds(max(1, pause))) else {
        party.outbound?.senderEnded(.broken)
        return
      }
    }
    party.outbound?.senderEnded(.clean)
  }

  /// The client's part: each operation has a deadline that it may or may not meet.
  private func race(
    with address: SocketAddress, _ pause: Int, _ numbers: inout Numbers
  ) async {
    let party = await Party.connect(
      to: address, in: self, timeout: .microseconds(numbers.within(1...2000)))
    guard let party else { return }
    var own = numbers.branch()
    async let writing: Void = hurry(party, pause, &own)
    let copies = numbers.chance(40)
    while true {
      let timeout = Duration.microseconds(numbers.within(1...max(2, pause * 2)))
      if copies {
        guard await !party.receive(atMost: 256, timeout: timeout).isEmpty else { break }
      } else {
        guard await party.receive(timeout: timeout) != nil else { break }
      }
    }
    party.abortUnlessFinished()
    await writing
    await party.end(&numbers)
  }

  private func hurry(_ party: Party, _ pause: Int, _ numbers: inout Numbers) async {
    for index in 0..<numbers.within(1...6) {
      let count = numbers.within(Content.headerByteCount...numbers.pick([16, 4000]))
      let timeout = Duration.microseconds(numbers.within(1...max(2, pause * 2)))
      guard await party.send(count, timeout: index == 0 ? nil : timeout), goesOn else {
        return party.giveUp()
      }
    }
    guard await party.finish() else { return party.giveUp() }
  }

  // MARK: Raw operations

  /// Timers of a framework's own that are ended at about the time when they pass.
  private func raceTimers(_ numbers: inout Numbers) async {
    let loop = group.next()
    let time = numbers.within(1...100)
    let ticket = ledger.begin(.raw)
    let token = await startTimer(on: loop, time, ticket)
    await self.pause(microseconds: time + numbers.within(-1...1), on: loop)
    guard let token else { return }
    loop.perform { loop.end(token) }
  }

  private func startTimer(
    on loop: CompletionLoop, _ time: Int, _ ticket: Ledger.Ticket
  ) async -> Token? {
    await withCheckedContinuation { continuation in
      loop.perform { [self] in
        let handler = OperationHandler { [self] outcome, _ in ledger.end(ticket, outcome.attempts) }
        do throws(SocketError) {
          let token = unsafe try loop.submit(
            .timer, timeout: .microseconds(time), handler: handler)
          continuation.resume(returning: token)
        } catch {
          ledger.end(ticket, -1)
          ledger.check(error, under: .completion, circumstances)
          continuation.resume(returning: nil)
        }
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

// Waits of tasks that end by time: sleeps, deadlines of scopes, timeouts of receives.
extension World {
  /// A sleep whose task is cancelled at about the time when it ends, on its own loop or another.
  func sleepUntilCancelled(_ model: TimerModel, _ numbers: inout Numbers) async {
    let (loop, home) = (group.next(), group.next())
    let time = timeToWait(&numbers)
    let number = model.newNumber()
    let isCancelled = Atomic<Bool>(false)
    let sleeping = task(on: home) { [self] in
      model.start(number, on: loop, time, isElsewhere: home !== loop)
      do throws(LoopError) {
        try await loop.sleep(for: time)
        model.end(number)
      } catch {
        ledger.check(error, isCancelled.load(ordering: .relaxed) ? .cancelled : circumstances)
        model.cancel(number)
      }
    }
    if numbers.chance(60) {
      let most = Int(min(time, .milliseconds(10)) / .microseconds(1))
      await pause(microseconds: max(0, most + numbers.within(-2...2)), on: home)
      isCancelled.store(true, ordering: .relaxed)
      sleeping.cancel()
      model.askToEnd(number)
    }
    await sleeping.value
  }

  /// Sleeps in scopes with deadlines: the earliest of all ends each.
  func sleepInScopes(_ model: TimerModel, _ numbers: inout Numbers) async {
    let loop = group.next()
    let plan = (outer: timeToWait(&numbers), inner: timeToWait(&numbers))
    let times = (0..<numbers.within(1...6)).map { _ in timeToWait(&numbers) }
    await task(on: loop) { [self] in
      let outer = loop.now + plan.outer
      await loop.withDeadline(outer) {
        for time in times.dropFirst(2) { await self.sleep(time, by: outer, model, on: loop) }
        let inner = loop.now + plan.inner
        await loop.withDeadline(inner) {
          for time in times.prefix(2) {
            await self.sleep(time, by: min(inner, outer), model, on: loop)
          }
        }
        for time in times.prefix(1) { await self.sleep(time, by: outer, model, on: loop) }
      }
    }.value
  }

  /// Sleeps until a time or a deadline, whichever is earlier.
  private func sleep(
    _ time: Duration, by deadline: LoopInstant, _ model: TimerModel, on loop: CompletionLoop
  ) async {
    let number = model.newNumber()
    let isCut = deadline < loop.now + time
    if isCut {
      model.start(number, on: loop, at: deadline)
    } else {
      model.start(number, on: loop, time)
    }
    do throws(LoopError) {
      try await loop.sleep(for: time)
      if isCut { ledger.violation("a sleep of \(time) outlasted its deadline") }
    } catch {
      if error.reason != .timedOut || !isCut { ledger.violation("a sleep failed: \(error)") }
    }
    model.end(number)
  }

  /// Receives from a peer that sends nothing, with timeouts and deadlines.
  func receiveNothing(_ model: TimerModel, _ numbers: inout Numbers) async {
    guard let listener = await bind() else { return }
    defer { listener.abort() }
    guard let endpoint = await Endpoint.connect(to: listener.localAddress, in: self) else {
      return
    }
    endpoint.outbound?.senderEnded(.broken)
    let connection = endpoint.connection
    connection.setPolicy(.completion)
    let plans = (0..<numbers.within(1...6)).map { _ in
      (time: timeToWait(&numbers), limit: timeToWait(&numbers))
    }
    await task(on: connection.loop) { [self] in
      for plan in plans where goesOn {
        guard await timeOut(connection, plan.time, plan.limit, model) else { break }
      }
    }.value
    await endpoint.end(&numbers)
  }

  /// Receives nothing until a timeout or a deadline has passed.
  ///
  /// - Returns: Whether the connection is as before.
  private func timeOut(
    _ connection: StreamConnection, _ time: Duration, _ limit: Duration, _ model: TimerModel
  ) async -> Bool {
    let loop = connection.loop
    let number = model.newNumber()
    let deadline = loop.now + limit
    if limit < time {
      model.start(number, on: loop, at: deadline)
    } else {
      model.start(number, on: loop, time)
    }
    do throws(SocketError) {
      let byteCount = try await connection.withDeadline(deadline) { () throws(SocketError) in
        try await connection.receive(timeout: time)?.byteCount
      }
      if byteCount != nil { ledger.violation("a peer that sends nothing has sent something") }
      model.cancel(number)
      return false
    } catch {
      ledger.check(error, under: .completion, circumstances.union(.deadline))
      if error.cause == .timeout { model.end(number) } else { model.cancel(number) }
      return error.cause == .timeout
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import Uring

extension World {
  /// Timers, sleeps, deadlines and timeouts that are moved and cancelled at any moment, of requests
  /// started by hand too.
  func runTimers() async {
    var numbers = scenario.numbers
    let model = TimerModel(scenario, in: ledger)
    let watch = ledger.watch { model.problem() }
    defer { ledger.unwatch(watch) }
    await crowd(numbers.within(1...10), &numbers) { numbers in
      switch numbers.within(0...9) {
      case 0...3: await self.playWithTimers(model, &numbers)
      case 4: await self.startVolley(model, &numbers)
      case 5, 6: await self.sleepUntilCancelled(model, &numbers)
      case 7: await self.sleepInScopes(model, &numbers)
      case 8: await self.startByHand(&numbers)
      default: await self.receiveNothing(model, &numbers)
      }
    }
  }

  /// A time to wait: often the same as another's, now and then none, seldom a long one.
  func timeToWait(_ numbers: inout Numbers) -> Duration {
    min(Self.timeToWait(&numbers), scenario.longestWait)
  }

  fileprivate static func timeToWait(_ numbers: inout Numbers) -> Duration {
    switch numbers.within(0...9) {
    case 0: .zero
    case 1...4: .microseconds(numbers.within(1...20))
    case 5...7: .nanoseconds(numbers.within(1...2_000_000))
    case 8: .milliseconds(numbers.within(1...100))
    default: .seconds(numbers.within(1...5000))
    }
  }

  /// Acts up to twenty times, at random moments, on the thread of a loop: so that a model hears of
  /// each act when the loop does.
  func repeatedly(
    on loop: CompletionLoop, _ numbers: inout Numbers,
    _ act: @escaping @Sendable (inout Numbers) -> Void
  ) async {
    for _ in 0..<numbers.within(1...20) where goesOn {
      var own = numbers.branch()
      loop.perform { [own] in
        var numbers = own
        act(&numbers)
      }
      if numbers.chance(60) {
        await pause(microseconds: own.within(0...40), on: group.next())
      }
    }
  }

  // MARK: Timers

  /// Starts, moves and cancels timers, from their own bodies too.
  private func playWithTimers(_ model: TimerModel, _ numbers: inout Numbers) async {
    let loop = group.next()
    let set = TimerSet(
      on: loop, model, numbers.branch(), count: numbers.within(1...8),
      longestWait: scenario.longestWait)
    await repeatedly(on: loop, &numbers) { set.act(&$0) }
    if numbers.chance(50) { loop.perform { set.cancelAll() } }
    // Those that nobody cancels end by themselves, and their bodies start no others.
    loop.perform { set.end() }
    var time = numbers.within(1...100)
    while set.isRunning {
      await pause(microseconds: time, on: loop)
      time *= 2
    }
  }

  /// Starts timers at one moment, which have to end in the order of their times.
  private func startVolley(_ model: TimerModel, _ numbers: inout Numbers) async {
    let loop = group.next()
    let times = (0..<numbers.within(2...40)).map { _ in
      Duration.microseconds(numbers.within(0...numbers.pick([0, 3, 300])))
    }
    let order = Mutex<[Int]>([])
    var timers: [LoopTimer] = []
    let modelNumbers = times.map { _ in model.newNumber() }
    for (index, number) in modelNumbers.enumerated() {
      timers.append(
        LoopTimer(on: loop) {
          model.end(number)
          order.withLock { $0.append(index) }
        })
    }
    loop.perform { [timers] in
      for (index, timer) in timers.enumerated() {
        model.start(modelNumbers[index], on: loop, times[index])
        timer.start(times[index])
      }
    }
    while order.withLock({ $0.count < times.count }) {
      await pause(microseconds: 400, on: loop)
    }
    let expected = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
    if order.withLock({ $0 }) != expected {
      ledger.violation("timers of \(times) ended in the order \(order.withLock { $0 })")
    }
  }
}

/// Timers of one loop whose bodies start and cancel one another.
private final class TimerSet: @unchecked Sendable {
  // Unchecked: everything is used on the loop's thread, but for the model, which has a lock.
  private let loop: CompletionLoop
  private let model: TimerModel
  private let modelNumbers: [Int]
  private var timers: [LoopTimer] = []
  private var numbers: Numbers
  private var isOver = false
  private let longestWait: Duration

  init(
    on loop: CompletionLoop, _ model: TimerModel, _ numbers: Numbers, count: Int,
    longestWait: Duration
  ) {
    self.loop = loop
    self.model = model
    self.numbers = numbers
    self.longestWait = longestWait
    modelNumbers = (0..<count).map { _ in model.newNumber() }
    timers = (0..<count).map { index in
      LoopTimer(on: loop) { [weak self] in self?.didEnd(index) }
    }
  }

  private func didEnd(_ index: Int) {
    model.end(modelNumbers[index])
    guard !isOver else { return }
    if numbers.chance(30) { act(&numbers) }
  }

  /// Does something to one of the timers.
  func act(_ numbers: inout Numbers) {
    let index = numbers.within(0...timers.count - 1)
    if numbers.chance(30) { return cancel(index) }
    let time = min(World.timeToWait(&numbers), longestWait)
    model.start(modelNumbers[index], on: loop, time)
    timers[index].start(time)
  }

  private func cancel(_ index: Int) {
    model.cancel(modelNumbers[index])
    timers[index].cancel()
  }

  func cancelAll() {
    for index in timers.indices { cancel(index) }
  }

  /// Has the bodies do nothing any more.
  func end() { isOver = true }

  var isRunning: Bool { modelNumbers.contains { model.isRunning($0) } }
}

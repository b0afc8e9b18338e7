// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization
import SystemPackage
import Uring

// Requests of a program's own, for which nothing comes.
extension World {
  /// Starts requests by hand, some with a timeout, and cancels some at any moment.
  func startByHand(_ numbers: inout Numbers) async {
    let loop = group.next()
    guard let requests = RequestsByHand(self, on: loop) else { return }
    await repeatedly(on: loop, &numbers) { requests.act(&$0) }
    loop.perform { requests.cancelAll() }
    var time = numbers.within(1...100)
    while !requests.areOver {
      await pause(microseconds: time, on: loop)
      time *= 2
    }
    requests.close()
  }
}

/// Requests on a listening socket to which nobody connects.
private final class RequestsByHand: @unchecked Sendable {
  // Unchecked: everything is used on the loop's thread, but for `areOver`.
  private let world: World
  private let loop: CompletionLoop
  private let listener: FileDescriptor
  private var running: [Token] = []
  private let isOver = Atomic<Bool>(false)
  private var isEnding = false

  /// Makes the socket; `nil` if there is no descriptor for it.
  init?(_ world: World, on loop: CompletionLoop) {
    self.world = world
    self.loop = loop
    do throws(Errno) {
      listener = try loop.socketCalls.makeSocket(family: SocketAddress.loopback(port: 0).family)
    } catch {
      return nil
    }
    do throws(Errno) {
      try loop.socketCalls.bind(listener, to: .loopback(port: 0))
      try loop.socketCalls.listen(listener, backlog: 1)
    } catch {
      close()
      return nil
    }
  }

  /// Whether every request has ended, and no other is to begin.
  var areOver: Bool { isOver.load(ordering: .sequentiallyConsistent) }

  func close() { loop.socketCalls.close(listener) }

  /// Starts a request, or cancels one.
  func act(_ numbers: inout Numbers) {
    if numbers.chance(30), !running.isEmpty { return loop.cancel(numbers.pick(running)) }
    // An accept that waits for a file would look like one without a place in the direct table.
    let mayAccept = loop.configuration.directDescriptorCount == 0
    let request: Request =
      switch mayAccept ? numbers.within(0...2) : 2 {
      case 0: .accept(from: .file(listener))
      case 1: .acceptMultishot(from: .file(listener))
      default: .poll(.file(listener), mask: 1)
      }
    start(request, timeout: numbers.chance(50) ? world.timeToWait(&numbers) : nil)
  }

  private func start(_ request: Request, timeout: Duration?) {
    let ticket = world.ledger.begin(.raw)
    let earliest = timeout.map { loop.now + $0 }
    let handler = OperationHandler { [self] outcome, _ in
      answered(outcome, earliest)
      if !outcome.hasMore { world.ledger.end(ticket, Int(outcome.result)) }
    }
    do throws(LoopError) {
      running.append(
        unsafe try loop.submit(request, policy: .completion, timeout: timeout, handler: handler))
    } catch {
      world.ledger.end(ticket, -1)
      world.ledger.check(error, world.circumstances)
    }
  }

  private func answered(_ outcome: Outcome, _ earliest: LoopInstant?) {
    if outcome.result >= 0 {
      world.ledger.violation("\(outcome.token) has found somebody, and nobody connects")
    }
    if outcome.isTimedOut, earliest.map({ loop.now < $0 }) ?? true {
      world.ledger.violation("\(outcome.token) was timed out before its time")
    }
    guard !outcome.hasMore else { return }
    running.removeAll { $0 == outcome.token }
    endIfOver()
  }

  func cancelAll() {
    isEnding = true
    for token in running { loop.cancel(token) }
    endIfOver()
  }

  private func endIfOver() {
    if isEnding, running.isEmpty { isOver.store(true, ordering: .sequentiallyConsistent) }
  }
}

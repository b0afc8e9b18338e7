// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Connections that take turns: each message goes to the one that has been idle longest, so that a
/// few messages under way move over all connections.
extension EchoLoad {
  /// Puts the connections that are open and idle in line, in the order of their numbers; once, so
  /// that each phase goes on where the one before has ended.
  mutating func lineUp() {
    guard idle.capacity == 0 else { return }
    idle = IndexQueue(capacity: count)
    for index in 0..<count where isIdle(index) { idle.append(index) }
  }

  /// Whether connection `index` is open and owes nothing.
  @inline(__always)
  private func isIdle(_ index: Int) -> Bool {
    let connection = unsafe connections + index
    return unsafe connection.pointee.state == .ready && connection.pointee.owed == 0
      && connection.pointee.unsent == 0 && connection.pointee.waiting == 0
  }

  /// Messages begun that have neither come back nor been lost.
  var underWay: Int { begunMessages - endedMessages }

  private var endedMessages: Int { Int(result.totalMessages) + result.lostMessages }

  /// Begins a message on the connection that has been idle longest.
  ///
  /// - Parameter due: The moment that its latency counts from.
  /// - Returns: whether a connection was idle.
  mutating func beginNext(due: UInt64) -> Bool {
    while let index = idle.popFirst() {
      // A server may have closed it while it was in line.
      guard unsafe connections[index].state == .ready else { continue }
      begunMessages += 1
      begin(1, on: index, at: due)
      return true
    }
    return false
  }

  /// Handles `ready` events, and puts connections that have their answer back in line.
  mutating func takeTurns(_ ready: Int) {
    let now = MonotonicClock.now
    for slot in 0..<ready {
      let index = unsafe Int(events[slot].data.u64)
      let kinds = unsafe events[slot].events
      if kinds & ~EPOLLOUT.rawValue != 0, unsafe connections[index].state == .ready {
        let wasBusy = unsafe connections[index].owed > 0
        receive(index)
        if wasBusy, isIdle(index) { idle.append(index) }
      }
      if kinds & EPOLLOUT.rawValue != 0, unsafe connections[index].state == .ready {
        push(index, at: now)
      }
    }
  }

  /// Gives up the connections that owe an answer, if none has ended a message for too long.
  mutating func endSilence(_ silence: inout Silence) {
    guard silence.isTooLong(ended: endedMessages, underWay: underWay) else { return }
    for index in 0..<count where unsafe connections[index].messages(of: messageBytes) > 0 {
      let owed = unsafe connections[index].owed
      result.stalledConnections += 1
      drop(index, "\(owed) bytes never came back")
    }
  }

  /// Waits for the messages under way.
  mutating func settle(_ silence: inout Silence) {
    while underWay > 0 {
      takeTurns(wait(milliseconds: 50))
      endSilence(&silence)
    }
  }

  /// Hands over what was found since the last call, and forgets it.
  mutating func takeResult() -> WorkerResult {
    var taken = result
    for index in 0..<count where unsafe connections[index].state == .ready {
      taken.openConnections += 1
    }
    result = WorkerResult()
    begunMessages = 0
    return taken
  }
}

/// How long nothing has come back.
struct Silence {
  /// Nanoseconds after which what is owed is given up.
  let limit: UInt64
  private var ended = -1
  private var since: UInt64 = 0

  init(limit: UInt64 = 20_000_000_000) { self.limit = limit }

  /// Whether messages are under way, and none has ended for the limit.
  mutating func isTooLong(ended now: Int, underWay: Int) -> Bool {
    let moment = MonotonicClock.now
    if now != ended || underWay == 0 {
      ended = now
      since = moment
    }
    return underWay > 0 && moment - since > limit
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What the peers do in each storm.
extension StormPeers {
  /// Connects the peers of a storm that begins with that, a moderate number at a time.
  mutating func prepare(_ storm: StormName, seconds: Double) {
    deadline = MonotonicClock.now + MonotonicClock.nanoseconds(seconds)
    usesSmallBuffers = storm == .slowReaders
    if storm.beginsConnected { connectAll(window: 128) }
  }

  /// Lets the storm loose, and returns when it is over or `seconds` have passed.
  mutating func run(_ storm: StormName, seconds: Double) {
    result.begun = MonotonicClock.now
    deadline = result.begun + MonotonicClock.nanoseconds(seconds)
    switch storm {
    case .connect: connectAll(window: count)
    case .disconnect: leaveAtOnce()
    case .burst: sendAtOnce()
    case .slowReaders: readSlowly()
    case .drip: drip()
    case .descriptors: outnumberDescriptors()
    }
    loseUnfinished()
    result.ended = MonotonicClock.now
  }

  /// Half end their sending half and wait for the server's end; half reset.
  private mutating func leaveAtOnce() {
    for index in 0..<count where unsafe peers[index].state == .open {
      if index % 2 == 0 {
        unsafe peers[index].state = .finishing
        finishingCount += 1
        unsafe shutdown(peers[index].descriptor, Int32(SHUT_WR))
      } else {
        end(index)
      }
    }
    turn { $0.finishingCount == 0 }
  }

  private mutating func sendAtOnce() {
    for index in 0..<count { allow(shape.burstBytes, index) }
    turn { $0.owedCount == 0 }
  }

  /// Asks until the kernel takes no more, reads a little at a time, then everything.
  private mutating func readSlowly() {
    setReading(false)
    for index in 0..<count { allow(shape.askedBytes, index) }
    turnWhileMoving()
    eachInTurn { $0.pull($1, atMost: $0.shape.slowBytes) }
    for index in 0..<count where unsafe peers[index].state == .open {
      stopAsking(index)
      setBuffers(index, StormMemory.socketBufferSize)
    }
    setReading(true)
    turn { $0.owedCount == 0 }
  }

  private mutating func drip() {
    eachInTurn { $0.allow(1, $1) }
    turn { $0.owedCount == 0 }
  }

  /// Connects until the server serves no more, then leaves in steps until it has served all.
  private mutating func outnumberDescriptors() {
    var (served, since) = (0, MonotonicClock.now)
    let stillness = shape.stillness
    connectAll(window: count) { peers in
      if peers.result.served != served {
        (served, since) = (peers.result.served, MonotonicClock.now)
      }
      return MonotonicClock.now - since > stillness
    }
    result.waited = openingCount
    var index = 0
    while openingCount > 0, !isLate {
      let opening = openingCount
      var left = max(1, opening / 8)
      while left > 0, index < count {
        if unsafe peers[index].state == .open, unsafe !peers[index].isOwed {
          end(index)
          left -= 1
        }
        index += 1
      }
      // Those that were served meanwhile have to leave too.
      if index == count { index = 0 }
      turnWhileMoving(until: { $0.openingCount < opening })
    }
  }

  private mutating func turnWhileMoving(
    until isDone: (borrowing StormPeers) -> Bool = { _ in false }
  ) {
    var (moved, since) = (movedBytes, MonotonicClock.now)
    while !isDone(self), !isLate, MonotonicClock.now - since < shape.stillness {
      turn(milliseconds: 20)
      if movedBytes != moved { (moved, since) = (movedBytes, MonotonicClock.now) }
    }
  }

  /// Has each open peer do something once in each round, spread evenly over it.
  private mutating func eachInTurn(_ act: (inout StormPeers, Int) -> Void) {
    let begin = MonotonicClock.now
    let total = count * shape.rounds
    var next = 0
    while next < total, !isLate {
      let passed = MonotonicClock.now - begin
      let due = Int(passed * UInt64(count) / shape.round)
      while next < min(due, total) {
        let index = next % count
        if unsafe peers[index].state == .open { act(&self, index) }
        next += 1
      }
      turn(milliseconds: 1)
    }
  }
}

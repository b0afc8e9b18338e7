// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// What two words of a receiving half hold.
@Suite struct PackedReceiveTests {
  static let failures = [
    StreamFailure(.connectionReset), StreamFailure(code: -4095, cause: .closed, attempts: .max),
    StreamFailure(code: Int32.min, cause: .timeout, attempts: 0), .tableFull,
  ]

  static let states: [ReceiveHalf.State] =
    [.idle, .armed, .pausing, .reading, .quieting, .polling, .confirming, .ended(.endOfStream)]
    + failures.map { .ended(.failed($0)) }

  static let receivers: [ReceiveHalf.Receiver?] = [
    nil, ReceiveHalf.Receiver(wait: WaitID(slot: 0, generation: 0)),
    ReceiveHalf.Receiver(wait: WaitID(slot: 1 << 24 - 1, generation: .max), earlyEnd: .timedOut),
    ReceiveHalf.Receiver(wait: WaitID(slot: 77, generation: 1), earlyEnd: .loopStopped),
  ]

  static let marks: [PackedReceive.Mark] = [.stopped, .paused, .armsAhead, .cancelRequested]

  /// Each is set last once, and must leave the others as they are.
  @Test(arguments: states) func whatGoesInComesOut(_ state: ReceiveHalf.State) {
    let token = Token(slot: Token.slotLimit - 1, generation: .max, operation: .receive)
    for receiver in Self.receivers {
      for number in 0..<1 << Self.marks.count {
        let isSet = Self.marks.indices.map { number & 1 << $0 != 0 }
        var steps: [(inout PackedReceive) -> Void] = [
          { $0.state = state }, { $0.receiver = receiver },
          { packed in for (mark, isSet) in zip(Self.marks, isSet) { packed[mark] = isSet } },
        ]
        if !PackedReceive(state).hasEnded { steps.append { $0.token = token } }
        for first in steps.indices {
          var packed = PackedReceive(.armed)
          packed.receiver = Self.receivers[2]
          for offset in steps.indices { steps[(first + offset) % steps.count](&packed) }
          #expect(packed.state == state)
          #expect(packed.receiver == receiver)
          #expect(Self.marks.map { packed[$0] } == isSet)
          #expect(packed.isIdle == (state == .idle))
          if !packed.hasEnded {
            #expect(packed.token.slot == token.slot)
            #expect(packed.token.generation == token.generation)
          }
        }
      }
    }
  }

  @Test(arguments: failures) func aFailureFitsBelowTheState(_ failure: StreamFailure) {
    #expect(failure.packed < 1 << 56)
    #expect(StreamFailure(packed: failure.packed) == failure)
  }

  @Test func aHalfThatHasEndedHasNoRequest() {
    for state in Self.states {
      let packed = PackedReceive(state)
      guard case .ended = state else {
        #expect(!packed.hasEnded)
        continue
      }
      #expect(packed.hasEnded && packed.token.rawValue == 0)
    }
  }
}

extension PackedReceive {
  fileprivate init(_ state: ReceiveHalf.State) {
    self.init()
    self.state = state
  }
}

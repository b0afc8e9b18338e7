// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// The decisions of a socket of datagrams, without a socket.
@Suite("Datagram tables")
struct DatagramTableTests {
  private typealias Receiving = DatagramReceiving

  private static let failure = StreamFailure(.socketNotConnected)

  @Test func receiving() {
    let failed = Receiving.State.ended(Self.failure)
    let event = Receiving.Event.failed(Self.failure)
    expect(.idle, .wanted, .armed, .arm)
    for state in [Receiving.State.armed, .cancelling, failed] {
      expect(state, .wanted, state, .none)
    }
    expect(.armed, .unwanted, .cancelling, .cancel)
    for state in [Receiving.State.idle, .cancelling, failed] {
      expect(state, .unwanted, state, .none)
    }
    for state in [Receiving.State.armed, .cancelling] {
      expect(state, .answered, .idle, .tell)
      expect(state, event, failed, .tell)
    }
    for state in [Receiving.State.idle, failed] {
      #expect(Receiving.transition(state, .answered) == nil)
      #expect(Receiving.transition(state, event) == nil)
    }
  }

  private func expect(
    _ state: Receiving.State, _ event: Receiving.Event, _ next: Receiving.State,
    _ action: Receiving.Action
  ) {
    let found = Receiving.transition(state, event)
    #expect(found?.0 == next && found?.1 == action, "\(event) of \(state)")
  }

  @Test(arguments: [Errno.connectionRefused, .noSuchAddressOrDevice, .permissionDenied, .noMemory])
  func anErrorOfADatagramEndsNothing(_ errno: Errno) {
    let outcome = Outcome(token: Token(rawValue: 0), result: -errno.rawValue)
    #expect(Receiving.answer(to: outcome, wasAsked: false) == .passing(StreamFailure(errno)))
  }

  @Test func anErrorOfTheSocketIsItsEnd() {
    for errno in [Errno.badFileDescriptor, .notSocket, .socketNotConnected] {
      let outcome = Outcome(token: Token(rawValue: 0), result: -errno.rawValue)
      #expect(Receiving.answer(to: outcome, wasAsked: true) == .lasting(StreamFailure(errno)))
    }
    let cancelled = Outcome(token: Token(rawValue: 0), result: -Errno.canceled.rawValue)
    #expect(Receiving.answer(to: cancelled, wasAsked: true) == .nothing)
  }

  @Test func sending() {
    func step(_ pace: DatagramSending.Pace, _ flying: Int, _ queued: Int) -> DatagramSending.Step {
      DatagramSending.step(pace, flyingCount: flying, queuedCount: queued, window: 3)
    }
    for pace in [DatagramSending.Pace.free, .blocked, .waiting] {
      #expect(step(pace, 0, 0) == .none)
    }
    #expect(step(.free, 0, 1) == .send(mayWait: false))
    #expect(step(.free, 2, 1) == .send(mayWait: false))
    #expect(step(.free, 3, 1) == .none)
    #expect(step(.blocked, 1, 1) == .none)
    #expect(step(.blocked, 0, 1) == .send(mayWait: true))
    #expect(step(.waiting, 1, 1) == .none)
  }

  /// Those that were not taken go again in their order, and only once all have been answered.
  @Test func noneOvertakesOneThatWasNotTaken() {
    var sending = DatagramSending()
    for byte in UInt8(0)..<5 {
      let lease = BufferLease(copying: [byte])
      sending.append(
        OutgoingDatagram(
          lease, in: sending.takeBlock(), home: HomePools(streams: 0, messages: 0),
          recipient: .nobody))
    }
    var flying: [Int] = []
    while case .send = sending.step(window: 4), let place = sending.nextPlace() {
      sending.began(place, Token(rawValue: UInt64(place)), waits: false)
      flying.append(place)
    }
    #expect(flying == [0, 1, 2, 3])
    #expect(sending.answered() == false)
    sending.end(0)
    // Places move up when the first has gone.
    for place in [1, 0, 2] {
      #expect(sending.step(window: 4) == (place == 1 ? .send(mayWait: false) : .none))
      #expect(sending.answered() == false)
      sending.putBack(place)
    }
    #expect(sending.step(window: 4) == .send(mayWait: true))
    #expect(sending.nextPlace() == 0)
    sending.began(0, Token(rawValue: 9), waits: true)
    #expect(sending.step(window: 4) == .none)
    let wasWaiting = sending.answered()
    #expect(wasWaiting)
    sending.end(0)
    #expect(sending.nextPlace() == 0 && sending.count == 3 && sending.byteCount == 3)
    #expect(sending.step(window: 4) == .send(mayWait: false))
  }
}

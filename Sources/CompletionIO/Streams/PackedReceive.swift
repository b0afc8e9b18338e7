// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The state of a receiving half, its request and its receiver, in two words.
struct PackedReceive {
  /// The state in the top byte; below it the slot and the generation of the request or, once the half
  /// has failed, the failure.
  private var first: UInt64 = 0
  private var generation: UInt32 = 0
  /// The receiver's slot in 24 bits, and what is so or not above them.
  private var second: UInt32 = 0

  // From this number of a state on the half has ended.
  private static var ended: UInt64 { 7 }
  private static var failed: UInt64 { 8 }

  private static var stateShift: UInt64 { 56 }
  private static var belowState: UInt64 { 1 << 56 - 1 }

  /// Something that is so or not.
  struct Mark {
    let rawValue: UInt32

    static var stopped: Self { Self(rawValue: 1 << 24) }
    static var paused: Self { Self(rawValue: 1 << 25) }
    static var armsAhead: Self { Self(rawValue: 1 << 26) }
    static var cancelRequested: Self { Self(rawValue: 1 << 27) }
    static var hasReceiver: Self { Self(rawValue: 1 << 28) }
  }

  subscript(mark: Mark) -> Bool {
    @inline(__always) get { second & mark.rawValue != 0 }
    @inline(__always) set {
      if newValue { second |= mark.rawValue } else { second &= ~mark.rawValue }
    }
  }

  // MARK: The state and the request

  var isIdle: Bool {
    @inline(__always) get { first >> Self.stateShift == 0 }
  }

  var hasEnded: Bool {
    @inline(__always) get { first >> Self.stateShift >= Self.ended }
  }

  var state: ReceiveHalf.State {
    get {
      switch first >> Self.stateShift {
      case 0: .idle
      case 1: .armed
      case 2: .pausing
      case 3: .reading
      case 4: .quieting
      case 5: .polling
      case 6: .confirming
      case Self.ended: .ended(.endOfStream)
      default: .ended(.failed(StreamFailure(packed: first & Self.belowState)))
      }
    }
    set {
      let number: UInt64
      switch newValue {
      case .idle: number = 0
      case .armed: number = 1
      case .pausing: number = 2
      case .reading: number = 3
      case .quieting: number = 4
      case .polling: number = 5
      case .confirming: number = 6
      case .ended(.endOfStream): number = Self.ended
      case .ended(.failed(let failure)):
        first = failure.packed
        number = Self.failed
      }
      first = first & Self.belowState | number << Self.stateShift
    }
  }

  /// The request, without its operation; of a half that has failed there is none.
  var token: Token {
    get { Token(rawValue: hasEnded ? 0 : first & Self.belowState) }
    set {
      assert(!hasEnded, "a half that has ended keeps its failure there")
      first = first & ~Self.belowState | newValue.rawValue & Self.belowState
    }
  }

  // MARK: The receiver

  private static var slotMask: UInt32 { UInt32(WaitTable.slotLimit - 1) }
  private static var earlyEndShift: UInt32 { 29 }

  var receiver: ReceiveHalf.Receiver? {
    @inline(__always) get {
      guard self[.hasReceiver] else { return nil }
      // 0 for none, else one more than the cause.
      let earlyEnd = UInt8(second >> Self.earlyEndShift)
      return ReceiveHalf.Receiver(
        wait: WaitID(slot: second & Self.slotMask, generation: generation),
        earlyEnd: earlyEnd == 0 ? nil : WaitEnd(rawValue: earlyEnd &- 1))
    }
    @inline(__always) set {
      self[.hasReceiver] = newValue != nil
      guard let newValue else { return }
      generation = newValue.wait.generation
      let earlyEnd = newValue.earlyEnd.map { UInt32($0.rawValue) + 1 } ?? 0
      second =
        second & ~(Self.slotMask | 7 << Self.earlyEndShift) | newValue.wait.slot
        | earlyEnd << Self.earlyEndShift
    }
  }
}

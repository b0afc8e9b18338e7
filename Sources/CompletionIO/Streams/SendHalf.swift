// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// The sending half of a stream: what is queued, and what is with the kernel.
///
/// It has no loop, no continuation and no clock: events go in, actions come out
/// (``transition(_:_:_:)``), and the stream performs them.
struct SendHalf: ~Copyable {
  // Small, because very many are idle: what an idle one does not need is the queue's.

  var pieces = LentQueue<SendPiece>()
  private var code = Code.idle
  /// Whether the last send was cut short.
  ///
  /// Its part may have been told in place of a reset (io_send), and then a receive sees an end that
  /// is none. The next send that moves anything proves that there was no reset; one that moves
  /// nothing proves nothing: behind a reset that is told already it fails with EPIPE
  /// (sk_stream_error).
  var wasCut = false
  /// Whether the program has asked for the end of the half.
  var wantsFinish = false
  /// Whether any queued send is to end early.
  var hasEarlyEnds = false
  /// Whether pieces may be queued that take another request than a plain send.
  var holdsSpecial = false

  /// The state without its failure, which is in the queue's account.
  private enum Code: UInt8 {
    case idle, enlisted, trying, waiting, finishing, finished, failed
  }

  private(set) var state: State {
    @inline(__always) get {
      switch code {
      case .idle: .idle
      case .enlisted: .enlisted
      case .trying: .sending(.trying)
      case .waiting: .sending(.waiting)
      case .finishing: .finishing
      case .finished: .finished
      case .failed: .failed(pieces.account.end.map { StreamFailure(packed: $0) } ?? .closed)
      }
    }
    @inline(__always) set {
      switch newValue {
      case .idle: code = .idle
      case .enlisted: code = .enlisted
      case .sending(.trying): code = .trying
      case .sending(.waiting): code = .waiting
      case .finishing: code = .finishing
      case .finished: code = .finished
      case .failed(let failure): fail(failure)
      }
    }
  }

  @inline(never)
  private mutating func fail(_ failure: StreamFailure) {
    code = .failed
    pieces.keep(end: failure.packed)
  }

  /// Bytes that are queued or with the kernel.
  var byteCount: Int {
    @inline(__always) get { pieces.account.byteCount }
  }

  /// The send that is with the kernel, which has a piece.
  var token: Token {
    get { pieces.account.token }
    set { pieces.changeAccount { $0.token = newValue } }
  }

  /// Bytes of the send that is with the kernel; 0 for none.
  var inFlightByteCount: UInt32 {
    get { pieces.account.inFlightByteCount }
    set {
      if newValue != inFlightByteCount {
        pieces.changeAccount { $0.inFlightByteCount = newValue }
      }
    }
  }

  /// Whether nothing is queued.
  var isEmpty: Bool { pieces.isEmpty }

  /// Whether a send is with the kernel, or in its end.
  var isWithKernel: Bool {
    switch code {
    case .trying, .waiting, .finishing: true
    case .idle, .enlisted, .finished, .failed: false
    }
  }

  /// Whether a send that may wait for the peer is with the kernel.
  var isWaitingForPeer: Bool {
    @inline(__always) get { code == .waiting }
  }

  /// Whether nothing is left to send, or nothing can be sent.
  var isDrained: Bool {
    switch code {
    case .idle: pieces.isEmpty && !wantsFinish
    case .finished, .failed: true
    case .enlisted, .trying, .waiting, .finishing: false
    }
  }

  /// Whether something can be queued.
  @inline(__always)
  var isOpen: Bool {
    switch code {
    case .idle, .enlisted, .trying, .waiting: !wantsFinish
    case .finishing, .finished, .failed: false
    }
  }

  /// Why nothing can be queued; `nil` while it can.
  var refusal: StreamFailure? {
    switch state {
    case .failed(let failure): failure
    case .finishing, .finished: .finished
    case .idle, .enlisted, .sending: wantsFinish ? .finished : nil
    }
  }

  /// Whether a reset may have been told to a send only.
  var mayHideReset: Bool {
    switch state {
    case .sending: true
    case .idle, .enlisted, .finishing, .failed: wasCut
    case .finished: false
    }
  }

  /// Takes note of what has happened, and decides what follows.
  @inline(__always)
  mutating func handle(_ event: Event, _ waiting: Waiting, isAborted: Bool) -> Action {
    if let action = handleUsual(event, waiting, isAborted: isAborted) { return action }
    return decide(event, waiting, isAborted: isAborted)
  }

  /// Decides nearly all events without the table, with which the shortcut agrees.
  @inline(__always)
  private mutating func handleUsual(
    _ event: Event, _ waiting: Waiting, isAborted: Bool
  ) -> Action? {
    let before = state
    let action: Action
    // By the code, because a state has to be made of it.
    switch (code, event) {
    case (.idle, .queued): (code, action) = (.enlisted, .enlist)
    case (.idle, .started(.trying)): (code, action) = (.trying, .none)
    case (.idle, .started(.waiting)): (code, action) = (.waiting, .none)
    case (.enlisted, .turn):
      guard !isAborted, !pieces.isEmpty else { return nil }
      (code, action) = (.idle, .send(mayWait: false))
    case (.trying, .answered(.done)), (.waiting, .answered(.done)):
      guard pieces.isEmpty, !wantsFinish, !isAborted else { return nil }
      (code, action) = (.idle, .none)
    default: return nil
    }
    assert(
      Self.transition(before, event, facts(event, waiting, isAborted: isAborted)).map {
        $0 == state && $1 == action
      } == true, "the shortcut disagrees about \(event) in \(before)")
    return action
  }

  private func facts(_ event: Event, _ waiting: Waiting, isAborted: Bool) -> Facts {
    Facts(
      isEmpty: pieces.isEmpty, wantsFinish: wantsFinish, holdsUnawaited: holdsUnawaited(event),
      isAborted: isAborted, waiting: waiting)
  }

  @inline(never)
  private mutating func decide(_ event: Event, _ waiting: Waiting, isAborted: Bool) -> Action {
    let facts = facts(event, waiting, isAborted: isAborted)
    guard let (next, action) = Self.transition(state, event, facts) else {
      preconditionFailure("\(event) cannot happen to a sending half that is \(state)")
    }
    state = next
    return action
  }

  /// Looks only where the table asks for it.
  private func holdsUnawaited(_ event: Event) -> Bool {
    guard case .refused = event else { return false }
    for offset in 0..<pieces.count where !pieces[offset].isAwaited { return true }
    return false
  }
}

// SPDX-License-Identifier: Apache-2.0

package import SystemPackage
internal import Uring

/// What a socket of datagrams receives: the request that is with the kernel, and what has come and
/// nobody has taken.
///
/// It has no loop and no clock: events go in, actions come out, and the socket performs them.
struct DatagramReceiving: ~Copyable {
  private(set) var state = State.idle
  private var datagrams = RingQueue<Datagram>()
  /// Bytes that nobody has taken.
  private(set) var byteCount = 0
  /// An error that came behind them and ends nothing; nothing is received until somebody was told.
  var failure: StreamFailure?
  /// The receive that is with the kernel.
  var token = Token(rawValue: 0)
  /// The task that waits for a datagram or is about to take one.
  var receiver: WaitID?
  /// Whether the program wants no more datagrams, ever.
  var isStopped = false
  /// Whether the program has paused receiving.
  var isPaused = false
  /// Whether a receive is armed before anybody asks, because somebody has asked before.
  var armsAhead = false

  /// What is with the kernel.
  enum State: Hashable {
    case idle
    case armed
    /// It was asked to end.
    case cancelling
    /// Nothing can be received any more.
    case ended(StreamFailure)
  }

  enum Event: Hashable {
    /// Somebody wants datagrams, and there is room for them.
    case wanted
    /// There is no room for more, or nobody wants any.
    case unwanted
    /// A request has ended, with a datagram, with an error that ends nothing, or because it was
    /// asked to.
    case answered
    /// A request has ended with an error of the socket.
    case failed(StreamFailure)
  }

  enum Action: Hashable {
    case none
    case arm
    case cancel
    /// Tells whoever waits, and goes on.
    case tell
  }

  /// The table, which is pure; `nil` for what cannot happen.
  static func transition(_ state: State, _ event: Event) -> (State, Action)? {
    switch (state, event) {
    case (.idle, .wanted): (.armed, .arm)
    case (.armed, .wanted), (.cancelling, .wanted), (.ended, .wanted): (state, .none)
    case (.armed, .unwanted): (.cancelling, .cancel)
    case (.idle, .unwanted), (.cancelling, .unwanted), (.ended, .unwanted): (state, .none)
    case (.armed, .answered), (.cancelling, .answered): (.idle, .tell)
    case (.armed, .failed(let failure)), (.cancelling, .failed(let failure)):
      (.ended(failure), .tell)
    case (.idle, .answered), (.idle, .failed), (.ended, .answered), (.ended, .failed): nil
    }
  }

  /// Takes note of what has happened, and decides what follows.
  mutating func handle(_ event: Event) -> Action {
    guard let (next, action) = Self.transition(state, event) else {
      preconditionFailure("\(event) cannot happen to a receive that is \(state)")
    }
    state = next
    return action
  }

  /// What an answer without a datagram says.
  enum Answer: Hashable {
    /// Nothing about the socket: the request was asked to end.
    case nothing
    /// Something that earlier datagrams have led to; the socket goes on.
    case passing(StreamFailure)
    /// The socket receives nothing any more.
    case lasting(StreamFailure)
  }

  /// Reads an answer that is an error; pure.
  static func answer(to outcome: Outcome, wasAsked: Bool) -> Answer {
    if wasAsked, outcome.isTransient { return .nothing }
    let failure = StreamFailure(
      code: outcome.result, attempts: Int32(clamping: outcome.attempts))
    return failure.errno.endsDatagrams ? .lasting(failure) : .passing(failure)
  }

  // MARK: Datagrams

  var count: Int { datagrams.count }

  var isEmpty: Bool { datagrams.isEmpty }

  /// The failure after which nothing can be received.
  var end: StreamFailure? {
    if case .ended(let failure) = state { failure } else { nil }
  }

  /// Whether the program wants no more, and nothing more can come.
  var isOver: Bool { isStopped && state == .idle }

  /// Whether there is something to take: a datagram, an error, or the end.
  var hasNews: Bool { !datagrams.isEmpty || failure != nil || end != nil || isOver }

  /// Whether nothing will come any more, because the program wants nothing: what the kernel still has
  /// may bring what had come before.
  var hasStopped: Bool { isStopped && (state == .idle || end != nil) }

  mutating func keep(_ datagram: consuming Datagram) {
    byteCount += datagram.byteCount
    datagrams.append(datagram)
  }

  mutating func takeFirst() -> Datagram {
    let datagram = datagrams.removeFirst()
    byteCount -= datagram.byteCount
    return datagram
  }

  mutating func dropAll() {
    datagrams.removeAll()
    byteCount = 0
  }
}

extension Errno {
  /// Whether a socket of datagrams receives nothing any more behind the error, which is then of the
  /// descriptor itself and not of an earlier datagram.
  package var endsDatagrams: Bool {
    switch self {
    case .badFileDescriptor, .notSocket, .badAddress, .invalidArgument, .notSupportedOnSocket,
      .socketNotConnected, .socketShutdown:
      true
    default:
      false
    }
  }
}

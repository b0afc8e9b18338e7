// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
public import Uring

/// A connected stream socket, TCP or Unix-domain, as completion handlers use it.
///
/// Received bytes come to a ``SocketDelegate``; sends are queued, gathered and finished in order.
/// Calls from other threads than the loop's are made there, later. The loop keeps a stream until it
/// is closed, so one that is forgotten stays until its peer ends it: close what you open.
/// ``StreamConnection`` does so by itself.
@safe
public final class SocketStream: OperationOwner, @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  // 120 bytes, with the two words of each object: with the allocator's own word a multiple of 16,
  // so that none is lost. The order leaves no gaps: the superclass leaves half a word, the descriptor
  // and the sending half leave parts of one.

  let descriptor: Descriptor
  var closing = Closing.open
  /// Who waits when the socket takes no bytes, by the policy.
  var waiting: SendHalf.Waiting
  /// Whether the stream's task was cancelled, so that its waits end at once.
  var isOwnerCancelled = false
  /// Operations in a row that were done at once, without a wait.
  var atOnceCount: UInt8 = 0
  /// For each of those who look for it, whether bytes have come since the last look.
  var received = ReceivedMarks.quiet
  /// Whether bytes have gone out since the stream's idleness was last looked at.
  var hasSent = false
  /// Operations with the kernel that this stream waits for; a few at a time.
  var operationCount: UInt8 = 0
  /// The loop that the stream belongs to.
  public let loop: CompletionLoop
  /// Properties that few streams have.
  var extras: StreamExtras?
  /// The delegate, which the stream retains, to be called without counting references.
  private(set) var retainedHandler: Unmanaged<SocketDelegate>?
  /// A word of the caller's, for the stream's handler; used on the loop's thread only.
  public var context: UInt = 0
  private let local: SharedAddress
  private let peer: StreamPeer
  // Without checks at run time, which would cost each message; the halves call nobody.
  @exclusivity(unchecked) private var receiveHalf = ReceiveHalf()
  @exclusivity(unchecked) private var sendHalf = SendHalf()
  /// Looks in a row of the ``QuietSweep`` between which nothing came.
  var quietLookCount: UInt8 = 0
  private var fateKind = FateKind.alive
  private var marks: Marks = []

  var receiving: ReceiveHalf {
    @inline(__always) unsafeAddress {
      unsafe withUnsafeMutablePointer(to: &receiveHalf) { unsafe UnsafePointer($0) }
    }
    @inline(__always) unsafeMutableAddress {
      unsafe withUnsafeMutablePointer(to: &receiveHalf) { unsafe $0 }
    }
  }

  var sending: SendHalf {
    @inline(__always) unsafeAddress {
      unsafe withUnsafeMutablePointer(to: &sendHalf) { unsafe UnsafePointer($0) }
    }
    @inline(__always) unsafeMutableAddress {
      unsafe withUnsafeMutablePointer(to: &sendHalf) { unsafe $0 }
    }
  }

  deinit { unsafe retainedHandler?.release() }

  /// The delegate, until it was told that the stream is closed.
  var handler: SocketDelegate? {
    get { unsafe retainedHandler?.takeUnretainedValue() }
    set {
      let old = unsafe retainedHandler
      unsafe retainedHandler = unsafe newValue.map { unsafe Unmanaged.passRetained($0) }
      unsafe old?.release()
    }
  }

  private struct Marks: OptionSet {
    let rawValue: UInt8

    static var toldEnd: Self { Self(rawValue: 1) }
    static var accepted: Self { Self(rawValue: 2) }
  }

  private enum FateKind: UInt8 { case alive, reset, lostBytes }

  /// Whether the handler has been told how the receiving half ended.
  var hasToldEnd: Bool {
    get { marks.contains(.toldEnd) }
    set { if newValue { marks.insert(.toldEnd) } else { marks.remove(.toldEnd) } }
  }

  /// Whether a listener has accepted the stream, which then is counted.
  var isAccepted: Bool {
    get { marks.contains(.accepted) }
    set { if newValue { marks.insert(.accepted) } else { marks.remove(.accepted) } }
  }

  /// The peer's fate; why it is what it is, is in the extras.
  var fate: PeerFate {
    get {
      switch fateKind {
      case .alive: .alive
      case .reset: .reset(extras?.fateFailure ?? .reset)
      case .lostBytes: .lostBytes(extras?.fateFailure ?? .reset)
      }
    }
    set {
      switch newValue {
      case .alive: fateKind = .alive
      case .reset(let failure): (fateKind, madeExtras.fateFailure) = (.reset, failure)
      case .lostBytes(let failure): (fateKind, madeExtras.fateFailure) = (.lostBytes, failure)
      }
    }
  }

  /// How far closing has come.
  enum Closing: UInt8 {
    case open
    /// Queued sends go out first.
    case draining
    /// The sending half is ended, and what the peer still sends is dropped, up to its end.
    case lingering
    /// Everything with the kernel has been asked to end.
    case stopping
    /// The kernel is closing the descriptor.
    case releasing
    case closed

    /// Whether everything with the kernel has been asked to end, at least.
    var isStopping: Bool {
      switch self {
      case .open, .draining, .lingering: false
      case .stopping, .releasing, .closed: true
      }
    }
  }

  /// Makes a stream of a connected socket, which it owns from now on.
  init(
    _ descriptor: Descriptor, on loop: CompletionLoop, peer: SocketAddress?, local: SharedAddress,
    policy: ResubmissionPolicy? = nil
  ) {
    self.descriptor = descriptor
    self.loop = loop
    self.peer = StreamPeer(peer)
    self.local = local
    waiting = SendHalf.Waiting(policy ?? loop.configuration.policy)
    super.init()
    if let policy { self.policy = policy }
    loop.registry.add(self)
    loop.streams.streamOpened()
  }

  /// The stream's own address; `nil` where the kernel did not tell.
  public var localAddress: SocketAddress? { local.address }

  /// The other end's address when the stream was made; `nil` where the kernel did not tell.
  public var peerAddress: SocketAddress? { peer.address }

  /// Bytes queued for sending that the kernel has not taken; on the loop's thread.
  public var unsentByteCount: Int { sending.byteCount }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    switch outcome.token.operation {
    case .receive, .receiveMessage: didReceive(outcome, lease: lease)
    case .send, .sendMessage, .sendZeroCopy: didSend(outcome)
    case .shutdown: didFinish(outcome)
    case .poll: didPoll(outcome)
    case .close: didClose()
    default: preconditionFailure("\(outcome.token) is not a stream's operation")
    }
  }

  override func beforeSubmit() {
    takeTurn()
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    endEarly(wait, because: cause)
  }

  override func stop() {
    isOwnerCancelled = true
    abort()
  }

  override func drain() {
    if isAccepted { listenerClosed() }
  }

  override func lookForQuiet() -> Bool { exchangeReceiveIfQuiet() }

  override func add(to load: inout LoopLoad) {
    load.sockets += 1
    load.unsentBytes += sending.byteCount
    load.unclaimedBytes += receiving.byteCount
  }

  /// Makes a call on the loop's thread, where the stream's state is.
  func onLoop(_ body: @escaping @Sendable (SocketStream) -> Void) {
    if loop.isCurrent { return body(self) }
    loop.perform { [self] in body(self) }
  }

  /// Says what a failure of an operation is to its caller.
  func error(
    _ operation: SocketOperation, _ failure: StreamFailure, byteCount: Int = 0
  ) -> SocketError {
    let isStop = failure.cause == .closed && loop.isStopping
    let failure = isStop ? StreamFailure.loopStopped : failure
    return SocketError(
      operation, failure.errno, cause: failure.cause, peer: peerAddress,
      attempts: Int(max(1, failure.attempts)), byteCount: byteCount)
  }

  /// Ends a wait of a task with a failure.
  func fail(_ wait: WaitID, _ failure: StreamFailure, byteCount: Int = 0) {
    loop.finish(wait, WaitResult(failure, byteCount: byteCount))
  }
}

extension WaitResult {
  init(_ failure: StreamFailure, byteCount: Int = 0) {
    self.init(
      code: failure.code, reason: failure.cause.rawValue, attempts: failure.attempts,
      byteCount: byteCount)
  }

  /// The failure, if the wait came to one.
  var failure: StreamFailure? {
    guard code < 0 else { return nil }
    return StreamFailure(
      code: code, cause: SocketError.Cause(rawValue: reason) ?? .kernel, attempts: attempts)
  }
}

public import SystemPackage
public import Uring

/// A connected stream socket as the loop sees it, and as completion handlers use it.
///
/// Received bytes come to a ``StreamHandler``; sends are queued, gathered and finished in order.
/// Everything here happens on the loop's thread. The loop keeps a stream until it is closed, so one
/// that is forgotten stays until its peer ends it: close what you open. ``TCPConnection`` does so
/// by itself.
@safe
public final class SocketStream: OperationOwner, @unchecked Sendable {
  // Unchecked: everything is used on the loop's thread only, which the public calls check.

  /// The loop that the stream belongs to.
  public let loop: CompletionLoop
  /// What few streams have.
  var extras: StreamExtras?
  // Small ones together, because there may be very many streams.
  let descriptor: Descriptor
  var receiving = Receiving.idle
  var sending = Sending.idle
  var closing = Closing.open
  /// Set when the task that serves the stream is cancelled: waits end at once from then on.
  var isCancelled = false
  /// Operations with the kernel that this stream waits for.
  var operationCount: Int32 = 0
  private var lastSendID: UInt32 = 0

  // Receiving.
  /// Why nothing more will be received: a negated errno, or 0 for the end of the stream.
  var endResult: Int32 = 0
  var receiveToken = Token(rawValue: 0)
  /// Received, and not yet asked for.
  @exclusivity(unchecked) var unclaimed = ChunkQueue()
  var receiver: Receiver?
  var handler: StreamHandler?
  /// The handler, to be called without counting references.
  var unretainedHandler: Unmanaged<StreamHandler>?
  /// A receive into the caller's memory that is with the kernel.
  var directReceive: ReceiveHandle?

  // Sending.
  @exclusivity(unchecked) var unsent = ChunkQueue()
  var sendToken = Token(rawValue: 0)
  var inFlightByteCount: UInt32 = 0
  /// Why nothing more can be sent: a negated errno; 0 while sending is possible.
  var sendFailure: Int32 = 0
  var message: GatheredMessage?

  // The task that serves the stream.
  /// Its job, to be compared with the loop's current one; 0 for none.
  var ownerJob: UInt = 0
  /// Its job while it is suspended.
  var parkedJob: UnownedJob?
  /// How its receive ended, until it takes that.
  var ownersReceiveEnd: ReceiveEnd?
  /// How its send ended, until it takes that.
  var ownersSendEnd: SendEnd?

  /// What the receiving half does.
  enum Receiving: UInt8 {
    /// No receive is armed.
    case idle
    /// A receive is armed.
    case armed
    /// The armed receive has been asked to end, because too much is unclaimed or unsent.
    case pausing
    /// The peer has ended the stream, or it failed; see `endResult`.
    case ended
  }

  /// What the sending half does.
  enum Sending: UInt8 {
    /// No send is with the kernel.
    case idle
    /// The stream is in the loop's line of senders.
    case inLine
    /// A send that must not wait, because it pins pool buffers.
    case trying
    /// A send that may wait for the peer.
    case waiting
  }

  /// How far closing has come.
  enum Closing: UInt8 {
    case open
    /// Queued sends go out first.
    case draining
    /// Armed operations have been asked to end.
    case ending
    case closed
  }

  /// Makes a stream of a connected socket, which it owns from now on.
  init(_ descriptor: Descriptor, on loop: CompletionLoop, policy: ResubmissionPolicy? = nil) {
    self.descriptor = descriptor
    self.loop = loop
    super.init()
    if let policy { self.policy = policy }
    loop.registry.add(self)
  }

  /// The other end's address.
  ///
  /// - Throws: ENOTCONN; EOPNOTSUPP for a direct descriptor, which has no name for getpeername(2).
  public func peerAddress() throws(Errno) -> SocketAddress {
    guard let descriptor = descriptor.fileDescriptor else { throw .notSupportedOnSocket }
    return try loop.socketCalls.peerAddress(of: descriptor)
  }

  /// Bytes queued for sending that the kernel has not taken.
  public var unsentByteCount: Int { unsafe unsent.byteCount }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    switch outcome.token.operation {
    case .receive: didReceive(outcome, lease: lease)
    case .send, .sendMessage: didSend(outcome)
    case .timer: didReachDeadline(outcome)
    case .shutdown: didShutDown(outcome)
    default: preconditionFailure("\(outcome.token) is not a stream's operation")
    }
  }

  override var hasSendUnderWay: Bool {
    sending == .trying || sending == .waiting || extras?.hasCutSend == true
  }

  override func stop() {
    isCancelled = true
    endWaits(.loopStopped)
    abort()
  }

  func nextSendID() -> UInt32 {
    lastSendID &+= 1
    if lastSendID == 0 { lastSendID = 1 }
    return lastSendID
  }
}

/// What happens to a stream, for completion handlers.
///
/// One value serves any number of streams.
public final class StreamHandler: Sendable {
  let received: @Sendable (SocketStream, consuming BufferLease) -> Void
  let ended: @Sendable (SocketStream, SocketError?) -> Void

  /// Makes a handler; both functions are called on the stream's loop.
  ///
  /// - Parameters:
  ///   - received: Called with each piece of received bytes; the buffer returns to the pool when
  ///     the lease ends.
  ///   - ended: Called once, when nothing more will be received: without an error at the end of
  ///     the stream. The stream is still open for sending; close it.
  public init(
    received: @escaping @Sendable (SocketStream, consuming BufferLease) -> Void,
    ended: @escaping @Sendable (SocketStream, SocketError?) -> Void
  ) {
    self.received = received
    self.ended = ended
  }

  func tell(_ stream: SocketStream, _ lease: consuming BufferLease?) {
    if let lease = lease.take() { received(stream, lease) }
  }
}

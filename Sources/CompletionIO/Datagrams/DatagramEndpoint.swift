// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
public import Uring

/// A socket of datagrams, UDP or Unix-domain, as completion handlers use it.
///
/// Received datagrams come to a ``DatagramHandler``; sends are queued and go to the kernel together,
/// in order. Calls from other threads than the loop's are made there, later. The loop keeps an
/// endpoint until it is closed: close what you open. ``DatagramSocket`` does so by itself.
@safe
public final class DatagramEndpoint: OperationOwner, @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  /// The loop that the endpoint belongs to.
  public let loop: CompletionLoop
  let descriptor: Descriptor
  var closing = Closing.open
  /// Operations with the kernel.
  var operationCount = 0
  /// Whether a receive brings one datagram after the other; off where the kernel does not.
  var receivesMany: Bool
  /// Whether the receive that is with the kernel does.
  var isReceivingMany = false
  /// Whether the handler has been told how receiving ended.
  var hasToldEnd = false
  /// Whether the handler is being given datagrams that have waited.
  var isDelivering = false
  /// Whether the handler is to be told when there is room for sends again.
  var wantsRoom = false
  // Without checks at run time, which would cost each datagram; neither calls anybody.
  @exclusivity(unchecked) private var receivingStorage = DatagramReceiving()
  @exclusivity(unchecked) private var sendingStorage = DatagramSending()
  let template: MessageTemplate
  /// For receives of one datagram each.
  var memory: MessageMemory?
  let isIPv6: Bool
  let isUnixDomain: Bool
  /// Whether it takes what anybody sends to it, so that it stops receiving when its loop drains.
  let isServing: Bool
  /// Whether its loop waits for its close when it drains: once somebody has received.
  var isService = false
  let countLimit: Int
  var handler: DatagramHandler?
  var policy: ResubmissionPolicy
  var operationsAtOnce: UInt8 = 0
  var closers: [WaitID] = []
  var closeDeadline: WaitID?
  /// Tasks that wait for room, and those that wait until what was queued is out.
  var roomWaits: [WaitID] = []
  var flushes: [(wait: WaitID, number: UInt)] = []
  /// The first failure of a send that nobody waited for, until a flush tells it.
  var lostFailure: StreamFailure?
  /// Sends that nobody waited for and that have failed.
  public internal(set) var failedSendCount = 0
  /// A word of the caller's, for the handler; used on the loop's thread only.
  public var context: UInt = 0
  /// Bytes that a datagram may have to be received whole.
  public let wholeByteLimit: Int
  /// The endpoint's own address when it was made; `nil` where the kernel did not tell.
  public let localAddress: SocketAddress?
  /// The address that it is connected to; `nil` for one that is not.
  public let peerAddress: SocketAddress?

  var receiving: DatagramReceiving {
    @inline(__always) unsafeAddress {
      unsafe withUnsafeMutablePointer(to: &receivingStorage) { unsafe UnsafePointer($0) }
    }
    @inline(__always) unsafeMutableAddress {
      unsafe withUnsafeMutablePointer(to: &receivingStorage) { unsafe $0 }
    }
  }

  var sending: DatagramSending {
    @inline(__always) unsafeAddress {
      unsafe withUnsafeMutablePointer(to: &sendingStorage) { unsafe UnsafePointer($0) }
    }
    @inline(__always) unsafeMutableAddress {
      unsafe withUnsafeMutablePointer(to: &sendingStorage) { unsafe $0 }
    }
  }

  /// How far closing has come.
  enum Closing {
    case open
    /// Queued sends go out first.
    case draining
    /// Everything with the kernel has been asked to end.
    case stopping
    /// The kernel is closing the descriptor.
    case releasing
    case closed
  }

  /// How an endpoint is made.
  struct Plan {
    var local: SocketAddress?
    var peer: SocketAddress?
    var family: Int32
    var isServing = false
    var options: DatagramOptions
    var policy: ResubmissionPolicy?
  }

  /// Makes an endpoint of a socket, which it owns from now on; on the loop's thread.
  ///
  /// - Throws: ESHUTDOWN, or ENOBUFS if the flight table has no room; the socket is closed then.
  static func open(
    _ socket: FileDescriptor, on loop: CompletionLoop, _ plan: Plan
  ) throws(SocketError) -> DatagramEndpoint {
    let failure: StreamFailure? =
      loop.isStopping ? .loopStopped : loop.streams.hasRoom ? nil : .tableFull
    guard let failure else { return DatagramEndpoint(socket, on: loop, plan) }
    loop.closeNow(socket)
    throw SocketError(.open, failure, peer: plan.peer ?? plan.local)
  }

  private init(_ socket: FileDescriptor, on loop: CompletionLoop, _ plan: Plan) {
    self.loop = loop
    descriptor = .file(socket)
    localAddress = plan.local
    peerAddress = plan.peer
    isServing = plan.isServing
    isIPv6 = plan.family == SocketAddress.everywhere(.ipv6, port: 0).family
    isUnixDomain = (plan.local ?? plan.peer)?.isUnixDomain ?? false
    policy = plan.policy ?? loop.configuration.policy
    countLimit = max(1, plan.options.unclaimedDatagramLimit)
    let layout = plan.options.layout(for: plan.family)
    template = MessageTemplate(layout)
    // A buffer without room for the header would be EFAULT.
    let room = loop.pool.bufferSize - layout.prefixByteCount
    receivesMany = loop.core.forms.receiveMultishot && room > 0
    wholeByteLimit = receivesMany ? room : Self.singleByteCount
    super.init()
    loop.registry.add(self)
    loop.streams.streamOpened()
  }

  /// Bytes queued for sending that the kernel has not taken; on the loop's thread.
  public var unsentByteCount: Int { sending.byteCount }

  /// Queues a copy of an array's bytes to be sent as one datagram, and returns at once.
  ///
  /// - Parameters:
  ///   - bytes: Copied before the call returns.
  ///   - address: Where to; the peer of a connected socket if `nil`.
  ///   - options: What the kernel is told of it.
  ///   - context: Comes back as ``SendCompletion/context``; without it only a failure is told.
  /// - Returns: As ``enqueue(_:to:options:context:)``.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  @discardableResult
  public func enqueue(
    copying bytes: [UInt8], to address: SocketAddress? = nil,
    options: DatagramSendOptions = DatagramSendOptions(), context: UInt? = nil
  ) -> Bool {
    unsafe enqueue(copying: bytes.span.bytes, to: address, options: options, context: context)
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    switch outcome.token.operation {
    case .receiveMessage: didReceive(outcome, lease: lease)
    case .sendMessage: didSend(outcome)
    case .close: didClose()
    default: preconditionFailure("\(outcome.token) is not an operation of datagrams")
    }
  }

  override func beforeSubmit() {
    takeTurn()
  }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    endEarly(wait, because: cause)
  }

  override func stop() {
    abort()
  }

  override func drain() {
    if isServing { stopReceiving() }
  }

  override func add(to load: inout LoopLoad) {
    load.sockets += 1
    load.unsentBytes += sending.byteCount
    load.unclaimedBytes += receiving.byteCount
  }

  /// Makes a call on the loop's thread, where the endpoint's state is.
  func onLoop(_ body: @escaping @Sendable (DatagramEndpoint) -> Void) {
    if loop.isCurrent { return body(self) }
    loop.perform { [self] in body(self) }
  }

  /// Says what a failure of an operation is to its caller.
  func error(
    _ operation: SocketOperation, _ failure: StreamFailure, peer: SocketAddress? = nil
  ) -> SocketError {
    let isStop = failure.cause == .closed && loop.isStopping
    return SocketError(
      operation, isStop ? .loopStopped : failure, peer: peer ?? peerAddress)
  }

  /// Ends a wait of a task with a failure.
  func fail(_ wait: WaitID, _ failure: StreamFailure) {
    loop.finish(wait, WaitResult(failure))
  }
}

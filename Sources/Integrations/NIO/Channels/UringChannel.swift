// SPDX-License-Identifier: Apache-2.0

#if NIO
public import CompletionIO
public import NIOCore
internal import NIOConcurrencyHelpers
internal import Synchronization
internal import SystemPackage
internal import Uring

/// What every channel on a completion loop is: a socket that is registered, becomes active, is read
/// and is closed.
///
/// The loop keeps an open channel, and notifies it of answers to its requests.
public class UringChannel: OperationDelegate, Channel, ChannelCore, @unchecked Sendable {
  // Unchecked: what changes is used on the loop's thread only, or locked.

  /// How far a channel's life is.
  enum Life {
    case fresh
    case registered
    case active
    case closed
  }

  /// The channel that has accepted this one.
  public let parent: (any Channel)?
  let uringEventLoop: UringEventLoop
  let socket: FileDescriptor
  let closePromise: EventLoopPromise<Void>
  let hasBecomeActive = Atomic<Bool>(false)
  let addresses = NIOLockedValueBox<Addresses>(Addresses())

  var life = Life.fresh
  /// Whether channelActive was fired, so that channelInactive has to be.
  var hasFiredActive = false
  /// Operations with the loop: the descriptor stays open until there are none.
  var operationCount = 0
  var closing: Closing?
  var settings = ChannelSettings()
  /// Whether somebody has asked to read and nothing was delivered since.
  var isReadPending = false

  struct Addresses {
    var local: NIOCore.SocketAddress?
    var remote: NIOCore.SocketAddress?
    var allocator = ByteBufferAllocator()
  }

  /// What is left to do of a close.
  struct Closing {
    /// Whether the descriptor's close has been asked for.
    var hasBegun = false
    /// Told when the descriptor is free, for a channel whose address is to be free then.
    var whenClosed: (() -> Void)?
    var hasRemovedHandlers = false
    var isDescriptorClosed = false
  }

  /// Makes a channel of a socket, which it owns from now on.
  init(_ socket: FileDescriptor, on eventLoop: UringEventLoop, parent: (any Channel)?) {
    self.socket = socket
    self.parent = parent
    uringEventLoop = eventLoop
    closePromise = eventLoop.makePromise(of: Void.self)
    super.init(on: eventLoop.loop)
    // Before another thread can ask for it.
    _ = pipeline
  }

  deinit {
    // A channel that was never closed was never registered either.
    if closing == nil { loop.socketCalls.close(socket) }
  }

  // MARK: Channel

  /// The event loop that the channel belongs to.
  public final var eventLoop: any EventLoop { uringEventLoop }
  /// The handlers.
  public final private(set) lazy var pipeline = ChannelPipeline(channel: self)
  /// Succeeds when the descriptor is closed.
  public final var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
  /// The channel's own address.
  public final var localAddress: NIOCore.SocketAddress? { addresses.withLockedValue { $0.local } }
  /// The peer's address.
  public final var remoteAddress: NIOCore.SocketAddress? {
    addresses.withLockedValue { $0.remote }
  }
  /// Makes buffers for the channel's handlers.
  public final var allocator: ByteBufferAllocator { addresses.withLockedValue { $0.allocator } }
  /// Whether the channel is connected, or listens.
  public final var isActive: Bool { hasBecomeActive.load(ordering: .relaxed) }
  /// Whether few enough bytes are unsent.
  public var isWritable: Bool { true }
  // swift-format-ignore: NoLeadingUnderscores
  /// The channel itself.
  public final var _channelCore: any ChannelCore { self }

  /// Whether the channel has been active, whatever it is now.
  final var hasBeenActive: Bool { hasFiredActive }
  final var isOpen: Bool { life != .closed }
  final var descriptor: Descriptor { .file(socket) }

  // MARK: Operations

  /// Starts an operation, which keeps the channel and its descriptor until its last answer.
  final func begin(_ request: Request, timeout: Duration? = nil) throws(LoopError) -> Token {
    let token = try unsafe loop.submit(
      request, policy: .completion, timeout: timeout, delegate: self)
    operationCount += 1
    return token
  }

  public final override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    if !outcome.hasMore { operationCount -= 1 }
    if outcome.token.operation == .close {
      descriptorClosed()
    } else {
      answered(outcome, lease: lease)
    }
    if life == .closed { closeDescriptorIfUnused() }
  }

  /// Has the loop call ``beforeSubmit()``.
  final func takeTurn() {
    // Only a loop that has ended refuses, whose channels are closed.
    try? enlist()
  }

  /// Notified of an answer to an operation.
  func answered(_ outcome: Outcome, lease: consuming BufferLease?) {}

  public final override func stop() {
    close0(error: EventLoopError.shutdown, mode: .all, promise: nil)
  }

  // MARK: What some channels do

  /// Notified that the channel is active and its handlers know so.
  func activated() {}

  /// Sets an option of such a channel.
  func setOwnOption<Option: ChannelOption>(_ option: Option, _ value: Option.Value) throws {
    try setCommonOption(option, value)
  }

  /// Reads an option of such a channel.
  func ownOption<Option: ChannelOption>(_ option: Option) throws -> Any {
    try commonOption(option)
  }

  /// Holds back what comes from now on, until somebody asks to read.
  func pauseReading() { isReadPending = false }

  /// Registers a channel whose socket is connected, or has its address, already, and makes it active.
  public func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) {
    cacheAddresses()
    register0(promise: nil)
    guard life == .registered else { promise.fail(ChannelError.ioOnClosedChannel); return }
    becomeActive(promise: promise)
  }

  /// Gives the socket its address.
  public func bind0(to address: NIOCore.SocketAddress, promise: EventLoopPromise<Void>?) {
    promise.fail(ChannelError.operationUnsupported)
  }

  /// Connects the socket.
  public func connect0(to address: NIOCore.SocketAddress, promise: EventLoopPromise<Void>?) {
    promise.fail(ChannelError.operationUnsupported)
  }

  /// Queues data for the next flush.
  public func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
    promise.fail(ChannelError.operationUnsupported)
  }

  /// Sends what was written.
  public func flush0() {}

  /// Asks for what the socket brings next.
  public func read0() {}

  /// Refuses an event that no handler has taken.
  public func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
    promise.fail(ChannelError.operationUnsupported)
  }

  /// Drops what no handler has taken.
  public func channelRead0(_ data: NIOAny) {}

  /// Drops an error that no handler has taken.
  public func errorCaught0(error: any Error) {}

  // MARK: Closing

  /// Closes the channel, or for some channels a half of it.
  ///
  /// - Parameters:
  ///   - error: What everybody who waits is told.
  ///   - mode: What is closed.
  ///   - promise: Succeeds behind what can still be said to those that wait, and before channelInactive.
  public func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard isOpen else { promise.fail(ChannelError.alreadyClosed); return }
    guard mode == .all else { promise.fail(ChannelError.operationUnsupported); return }
    let wasRegistered = life != .fresh
    let wasActive = hasFiredActive
    life = .closed
    hasBecomeActive.store(false, ordering: .relaxed)
    closing = Closing()
    endOperations(because: error)
    let tell = { [self] in
      promise?.succeed(())
      if wasActive { pipeline.syncOperations.fireChannelInactive() }
      if wasRegistered { pipeline.syncOperations.fireChannelUnregistered() }
      uringEventLoop.performNext { [self] in
        removeHandlers(pipeline: pipeline)
        addresses.withLockedValue { ($0.local, $0.remote) = (nil, nil) }
        closing?.hasRemovedHandlers = true
        finishClosing()
      }
    }
    if isAddressFreeWhenClosed { closing?.whenClosed = tell } else { tell() }
    closeDescriptorIfUnused()
  }

  /// Whether a close is told only when the descriptor is closed, so that its address is free then.
  var isAddressFreeWhenClosed: Bool { false }

  /// Has every operation end, and tells those who wait that they wait in vain.
  func endOperations(because error: any Error) {}

}

extension Optional where Wrapped == EventLoopPromise<Void> {
  func fail(_ error: any Error) { self?.fail(error) }
}
#endif

// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import SystemPackage
internal import Uring

/// A socket of datagrams, UDP or Unix-domain, as a channel of `AddressedEnvelope<ByteBuffer>`.
///
/// A datagram that cannot be sent fails its own promise, and the channel goes on: NIOPosix closes the
/// channel for all errors but two.
public final class UringDatagramChannel: UringChannel, @unchecked Sendable {
  // Unchecked: what changes is used on the loop's thread only.

  /// A datagram for which the socket had no room: the kernel waits with it.
  struct Waiting {
    let token: Token
    let block: MessageBlock
  }

  let family: Int32
  var datagramSettings = DatagramSettings()
  var input = DatagramInput()
  let template: MessageTemplate
  /// Whether one receive may bring many; asked of the loop on its own thread.
  lazy var receivesMany = loop.receivesMultishot
  var writes = PendingDatagrams()
  var blocks = MessageBlocks()
  var waiting: Waiting?
  /// Whether datagrams are being sent, so that a flush within has nothing to do.
  var isSendingNow = false
  let writability = Writability()

  /// Makes a channel of a socket, which it owns from now on.
  init(_ socket: FileDescriptor, family: Int32, on eventLoop: UringEventLoop) {
    self.family = family
    // Whatever options are set later, there is room for what they bring.
    var all = DatagramOptions()
    all.tellsDestination = true
    all.tellsTrafficClass = true
    all.receivesTogether = true
    template = MessageTemplate(all.layout(for: family))
    super.init(socket, on: eventLoop, parent: nil)
    settings.setRecvAllocator(FixedSizeRecvByteBufferAllocator(capacity: 2048))
  }

  /// Whether few enough bytes are unsent, by the water marks.
  public override var isWritable: Bool { writability.isWritable }

  override func answered(_ outcome: Outcome, lease: consuming BufferLease?) {
    switch outcome.token.operation {
    case .receiveMessage: didReceive(outcome, lease)
    case .sendMessage: didSend(outcome)
    default: preconditionFailure("\(outcome.token) is not an operation of datagrams")
    }
  }

  /// Behind a close nothing more arrives, and another may have the address.
  override var isAddressFreeWhenClosed: Bool { true }

  public override func beforeSubmit() { deliverHeld() }

  override func activated() { sendFlushed() }

  // MARK: What handlers ask for

  /// Gives the socket its address; the channel becomes active then.
  public override func bind0(
    to address: NIOCore.SocketAddress, promise: EventLoopPromise<Void>?
  ) {
    bindAndActivate(to: address, promise)
  }

  /// Gives the socket its peer, again and again if the program likes: it sends to that peer and
  /// receives from it alone.
  ///
  /// What was written before and is not sent fails with EISCONN.
  public override func connect0(
    to address: NIOCore.SocketAddress, promise: EventLoopPromise<Void>?
  ) {
    guard isOpen else { promise.fail(ChannelError.ioOnClosedChannel); return }
    guard life != .fresh else {
      promise.fail(ChannelError.inappropriateOperationForState)
      return
    }
    failWrites(IOError(.socketIsConnected, "connect"))
    guard isOpen else { promise.fail(ChannelError.ioOnClosedChannel); return }
    do {
      try connectSocket(to: address)
    } catch {
      promise.fail(error)
      return
    }
    cacheAddresses()
    if life == .registered { becomeActive(promise: promise) } else { promise?.succeed(()) }
  }

  private func connectSocket(to address: NIOCore.SocketAddress) throws {
    guard let address = Uring.SocketAddress(address) else {
      throw IOError(.addressFamilyNotSupported, "connect")
    }
    do throws(Errno) {
      try loop.socketCalls.connect(socket, to: address)
    } catch {
      throw IOError(error, "connect")
    }
  }

  /// Queues a datagram for the next flush: an `AddressedEnvelope<ByteBuffer>`, or a `ByteBuffer` for
  /// the socket's peer.
  public override func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
    write(data, promise)
  }

  /// Lets everything that was written go out.
  public override func flush0() {
    writes.flush()
    sendFlushed()
  }

  /// Asks for the next datagrams.
  public override func read0() {
    guard isOpen else { return }
    isReadPending = true
    guard life == .active else { return }
    if input.held.isEmpty { armReceive() } else { takeTurn() }
  }

  override func pauseReading() {
    super.pauseReading()
    endReceive()
  }

  override func endOperations(because error: any Error) {
    endReceive()
    input.held.removeAll()
    sendAtClose()
    if let waiting { loop.cancel(waiting.token) }
    if writes.byteCount > 0 { writability.end() }
    failWrites(error)
  }

  // MARK: Options

  override func setOwnOption<Option: ChannelOption>(
    _ option: Option, _ value: Option.Value
  ) throws {
    if try !setDatagramOption(option, value) { try setCommonOption(option, value) }
    if option is ChannelOptions.Types.RecvAllocatorOption { endReceive() }
  }

  override func ownOption<Option: ChannelOption>(_ option: Option) throws -> Any {
    try datagramOption(option) ?? commonOption(option)
  }
}
#endif

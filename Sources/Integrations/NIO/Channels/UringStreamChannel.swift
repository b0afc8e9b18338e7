// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import SystemPackage
internal import Uring

/// A connected stream socket, TCP or Unix-domain, as a channel.
public final class UringStreamChannel: UringChannel, @unchecked Sendable {
  // Unchecked: what changes is used on the loop's thread only.

  var input = ChannelInput()
  var output = ChannelOutput()
  let writability = Writability()
  var connecting: Connecting?

  /// A connect on its way.
  struct Connecting {
    var promise: EventLoopPromise<Void>?
    var token: Token
    /// The address, in memory that stays until the answer.
    var address: SocketAddressMemory
  }

  /// Whether few enough bytes are unsent, by the water marks.
  public override var isWritable: Bool { writability.isWritable }

  override func answered(_ outcome: Outcome, lease: consuming BufferLease?) {
    switch outcome.token.operation {
    case .receive: didReceive(outcome, lease)
    case .send, .sendMessage: didSend(outcome)
    case .connect: didConnect(outcome)
    case .poll: didSeeEnd(outcome)
    default: preconditionFailure("\(outcome.token) is not a stream channel's operation")
    }
  }

  public override func beforeSubmit() {
    if input.isDeliveryWanted { deliverHeld() }
    if output.isFlushWanted { sendFlushed() }
  }

  override func activated() {
    if output.writes.hasFlushed { sendFlushed() }
    if life == .active, !settings.autoRead { watchForEnd() }
  }

  // MARK: What handlers ask for

  /// Gives the socket its own address, before it is connected.
  public override func bind0(
    to address: NIOCore.SocketAddress, promise: EventLoopPromise<Void>?
  ) {
    bind(address, promise)
  }

  /// Connects the socket; the channel becomes active then.
  public override func connect0(
    to address: NIOCore.SocketAddress, promise: EventLoopPromise<Void>?
  ) {
    connect(address, promise)
  }

  /// Queues data for the next flush; a `ByteBuffer` or a `FileRegion`.
  public override func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
    write(data, promise)
  }

  /// Lets everything that was written go out.
  public override func flush0() { flush() }

  /// Asks for the next bytes.
  public override func read0() { read() }

  /// Closes the channel or one half of it.
  public override func close0(
    error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?
  ) {
    guard isOpen else { promise.fail(ChannelError.alreadyClosed); return }
    switch mode {
    case .all:
      super.close0(error: error, mode: .all, promise: promise)
    case .output:
      guard output.isOpen else { promise.fail(ChannelError.outputClosed); return }
      if input.isClosed { return close0(error: error, mode: .all, promise: promise) }
      closeOutput(promise)
    case .input:
      guard !input.isClosed else { promise.fail(ChannelError.inputClosed); return }
      if case .ended = output.ending {
        return close0(error: error, mode: .all, promise: promise)
      }
      closeInput(because: error)
      promise?.succeed(())
      pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }
  }

  override func endOperations(because error: any Error) {
    endInput()
    endOutput(atCloseBecause: error)
    endConnect(because: error)
  }

  // MARK: Options

  override func setOwnOption<Option: ChannelOption>(
    _ option: Option, _ value: Option.Value
  ) throws {
    switch (option, value) {
    case (is ChannelOptions.Types.AllowRemoteHalfClosureOption, let value as Bool):
      settings.allowsRemoteHalfClosure = value
    case (
      is ChannelOptions.Types.WriteBufferWaterMarkOption,
      let value as ChannelOptions.Types.WriteBufferWaterMark
    ):
      settings.waterMark = value
      noteUnsent()
    case (is ChannelOptions.Types.WriteSpinOption, let value as UInt):
      settings.writeSpin = value
    case (is ChannelOptions.Types.ConnectTimeoutOption, let value as TimeAmount?):
      settings.connectTimeout = value
    default:
      try setCommonOption(option, value)
    }
  }

  override func ownOption<Option: ChannelOption>(_ option: Option) throws -> Any {
    switch option {
    case is ChannelOptions.Types.AllowRemoteHalfClosureOption:
      return settings.allowsRemoteHalfClosure
    case is ChannelOptions.Types.WriteBufferWaterMarkOption: return settings.waterMark
    case is ChannelOptions.Types.WriteSpinOption: return settings.writeSpin
    case is ChannelOptions.Types.ConnectTimeoutOption: return settings.connectTimeout as Any
    case is ChannelOptions.Types.BufferedWritableBytesOption: return output.writes.byteCount
    default: return try commonOption(option)
    }
  }
}
#endif

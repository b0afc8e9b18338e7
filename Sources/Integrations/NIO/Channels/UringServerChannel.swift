// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import SystemPackage
internal import Uring

/// A listening socket as a channel, which reads connections.
public final class UringServerChannel: UringChannel, @unchecked Sendable {
  // Unchecked: what changes is used on the loop's thread only.

  /// What the kernel has of the listener.
  private enum Accepting {
    case idle
    case armed(Token)
    /// The accept has been asked to end, and may still bring connections.
    case ending
  }

  private let childGroup: any EventLoopGroup
  private var accepting = Accepting.idle
  /// Connections that are not delivered.
  private var held = CircularBuffer<FileDescriptor>()

  init(
    _ socket: FileDescriptor, on eventLoop: UringEventLoop, childGroup: any EventLoopGroup
  ) {
    self.childGroup = childGroup
    super.init(socket, on: eventLoop, parent: nil)
    settings.maxMessagesPerRead = 16
  }

  /// Nothing can be written to a listener.
  public override var isWritable: Bool { false }

  override var isAddressFreeWhenClosed: Bool { true }

  // MARK: Options

  override func setOwnOption<Option: ChannelOption>(
    _ option: Option, _ value: Option.Value
  ) throws {
    if option is ChannelOptions.Types.BacklogOption, let value = value as? Int32 {
      settings.backlog = value
    } else {
      try setCommonOption(option, value)
    }
  }

  override func ownOption<Option: ChannelOption>(_ option: Option) throws -> Any {
    option is ChannelOptions.Types.BacklogOption ? settings.backlog : try commonOption(option)
  }

  // MARK: Listening

  /// Gives the socket its address and listens.
  public override func bind0(
    to address: NIOCore.SocketAddress, promise: EventLoopPromise<Void>?
  ) {
    bindAndActivate(to: address, promise) { try listen() }
  }

  private func listen() throws {
    do throws(Errno) {
      try loop.socketCalls.listen(socket, backlog: settings.backlog)
    } catch {
      throw IOError(error, "listen")
    }
  }

  /// Registers a socket that has its address already, and listens.
  public override func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) {
    do {
      try listen()
      super.registerAlreadyConfigured0(promise: promise)
    } catch {
      promise.fail(error)
    }
  }

  // MARK: Accepting

  /// Asks for the next connections.
  public override func read0() {
    guard life == .active else { return }
    isReadPending = true
    if held.isEmpty { arm() } else { takeTurn() }
  }

  /// Without autoRead no more than one connection is taken from the kernel for each read.
  private func arm() {
    guard case .idle = accepting else { return }
    let isMultishot = settings.autoRead && loop.acceptsMultishot
    do throws(LoopError) {
      accepting = .armed(
        try begin(isMultishot ? .acceptMultishot(from: descriptor) : .accept(from: descriptor)))
    } catch {
      pipeline.syncOperations.fireErrorCaught(error)
    }
  }

  private func endAccept() {
    guard case .armed(let token) = accepting else { return }
    accepting = .ending
    loop.cancel(token)
  }

  override func answered(_ outcome: Outcome, lease: consuming BufferLease?) {
    if !outcome.hasMore { accepting = .idle }
    if outcome.result >= 0 {
      take(FileDescriptor(rawValue: outcome.result))
    } else if life == .active, !outcome.isTransient, let error = outcome.error {
      acceptFailed(IOError(error, "accept"))
    }
    if life == .active, isReadPending, held.isEmpty { arm() }
  }

  /// Closes the listener: the policy has tried again whatever can be tried again, and a listener whose
  /// accepts fail at once would keep its loop busy for ever.
  private func acceptFailed(_ error: any Error) {
    pipeline.syncOperations.fireErrorCaught(error)
    if isOpen { close0(error: error, mode: .all, promise: nil) }
  }

  private func take(_ connection: FileDescriptor) {
    // A cancelled accept can still carry a connection.
    guard life == .active else { return loop.closeNow(connection) }
    held.append(connection)
    if isReadPending { takeTurn() } else { endAccept() }
  }

  /// Delivers the connections of a turn.
  public override func beforeSubmit() {
    while isReadPending, !held.isEmpty, life == .active {
      isReadPending = false
      deliver()
      if life == .active { pipeline.syncOperations.fireChannelReadComplete() }
      readIfWanted()
    }
  }

  private func deliver() {
    var left = settings.maxMessagesPerRead
    while left > 0, life == .active, let connection = held.popFirst() {
      left -= 1
      let child = UringStreamChannel(
        connection, on: childGroup.nextCheckedLoop(), parent: self)
      // Its initializer may ask for them.
      child.cacheAddresses()
      pipeline.syncOperations.fireChannelRead(NIOAny(child))
    }
  }

  /// Registers a connection that no handler has taken, by its own handlers, and makes it active.
  public override func channelRead0(_ data: NIOAny) {
    let child = unwrapData(data, as: UringStreamChannel.self)
    child.uringEventLoop.execute {
      child.register().whenComplete { result in
        switch result {
        case .success: child.becomeActive(promise: nil)
        case .failure(let error): child.close0(error: error, mode: .all, promise: nil)
        }
      }
    }
  }

  override func endOperations(because error: any Error) {
    endAccept()
    while let connection = held.popFirst() { loop.closeNow(connection) }
  }
}
#endif

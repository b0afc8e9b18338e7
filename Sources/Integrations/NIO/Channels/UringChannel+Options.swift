// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import SystemPackage
internal import Uring

extension UringChannel {
  /// Sets an option, from any thread.
  ///
  /// The future fails with `ChannelError.operationUnsupported` for an option that such a channel does
  /// not have, and with `IOError` where the kernel refuses.
  public final func setOption<Option: ChannelOption>(
    _ option: Option, value: Option.Value
  ) -> EventLoopFuture<Void> {
    if eventLoop.inEventLoop {
      return eventLoop.makeCompletedFuture { try setOption0(option, value) }
    }
    return eventLoop.submit { try self.setOption0(option, value) }
  }

  /// Reads an option, from any thread.
  public final func getOption<Option: ChannelOption>(
    _ option: Option
  ) -> EventLoopFuture<Option.Value> {
    if eventLoop.inEventLoop {
      return eventLoop.makeCompletedFuture { try getOption0(option) }
    }
    return eventLoop.submit { try self.getOption0(option) }
  }

  /// The options for code that is on the loop's thread.
  public final var syncOptions: (any NIOSynchronousChannelOptions)? {
    SynchronousOptions(channel: self)
  }

  /// The options of a channel, on its loop's thread.
  struct SynchronousOptions: NIOSynchronousChannelOptions {
    let channel: UringChannel

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) throws {
      try channel.setOption0(option, value)
    }

    func getOption<Option: ChannelOption>(_ option: Option) throws -> Option.Value {
      try channel.getOption0(option)
    }
  }

  /// Lets a socket's option be for a kind of socket that does not have it.
  private func isIgnored(_ error: Errno, _ level: Int32) -> Bool {
    // TCP_NODELAY, which every bootstrap sets, of a Unix-domain socket.
    error == .notSupportedOnSocket && level == NIOBSDSocket.OptionLevel.tcp.rawValue
  }

  final func setSocketOption<Value>(_ level: Int32, _ number: Int32, to value: Value) throws {
    var value = value
    let bytes = unsafe withUnsafeBytes(of: &value) { unsafe Array($0) }
    do throws(Errno) {
      try loop.socketCalls.setOption(level, number, to: bytes, on: socket)
    } catch {
      if !isIgnored(error, level) { throw IOError(error, "setsockopt") }
    }
  }

  final func socketOption<Value>(_ level: Int32, _ number: Int32) throws -> Value {
    let byteCount = MemoryLayout<Value>.size
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try loop.socketCalls.option(level, number, byteLimit: byteCount, of: socket)
    } catch {
      throw IOError(error, "getsockopt")
    }
    // Of bits only: a linger, an int, a timeval. What the kernel leaves out is zero.
    let value = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, byteCount), alignment: MemoryLayout<Value>.alignment)
    defer { unsafe value.deallocate() }
    unsafe value.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    unsafe value.copyMemory(from: bytes, byteCount: min(bytes.count, byteCount))
    return unsafe value.assumingMemoryBound(to: Value.self).pointee
  }

  /// Sets an option that every channel has.
  final func setCommonOption<Option: ChannelOption>(
    _ option: Option, _ value: Option.Value
  ) throws {
    switch (option, value) {
    case (let option as ChannelOptions.Types.SocketOption, _):
      try setSocketOption(
        Int32(option.optionLevel.rawValue), Int32(option.optionName.rawValue), to: value)
    case (is ChannelOptions.Types.AllocatorOption, let value as ByteBufferAllocator):
      setAllocator(value)
    case (is ChannelOptions.Types.RecvAllocatorOption, let value as any RecvByteBufferAllocator):
      settings.setRecvAllocator(value)
    case (is ChannelOptions.Types.AutoReadOption, let value as Bool):
      setAutoRead(value)
    case (is ChannelOptions.Types.MaxMessagesPerReadOption, let value as UInt):
      settings.maxMessagesPerRead = max(1, value)
    default:
      throw ChannelError.operationUnsupported
    }
  }

  private func setAutoRead(_ isOn: Bool) {
    let wasOn = settings.autoRead
    settings.autoRead = isOn
    guard wasOn != isOn, life == .active else { return }
    if isOn { read0() } else { pauseReading() }
  }

  /// Reads an option that every channel has.
  final func commonOption<Option: ChannelOption>(_ option: Option) throws -> Any {
    switch option {
    case is ChannelOptions.Types.AllocatorOption: return allocator
    case is ChannelOptions.Types.RecvAllocatorOption: return settings.recvAllocator
    case is ChannelOptions.Types.AutoReadOption: return settings.autoRead
    case is ChannelOptions.Types.MaxMessagesPerReadOption: return settings.maxMessagesPerRead
    default: throw ChannelError.operationUnsupported
    }
  }

  final func getOption0<Option: ChannelOption>(_ option: Option) throws -> Option.Value {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    if let option = option as? ChannelOptions.Types.SocketOption {
      return try socketOption(
        Int32(option.optionLevel.rawValue), Int32(option.optionName.rawValue))
    }
    guard let value = try ownOption(option) as? Option.Value else {
      throw ChannelError.operationUnsupported
    }
    return value
  }

  final func setOption0<Option: ChannelOption>(_ option: Option, _ value: Option.Value) throws {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    try setOwnOption(option, value)
  }
}

extension UringChannel: SocketOptionProvider {
  /// Sets an option of the socket; the value's type must be the kernel's.
  public final func unsafeSetSocketOption<Value: Sendable>(
    level: NIOCore.SocketOptionLevel, name: NIOCore.SocketOptionName, value: Value
  ) -> EventLoopFuture<Void> {
    run { channel in
      try channel.setSocketOption(Int32(level), Int32(name), to: value)
    }
  }

  /// Reads an option of the socket; the value's type must be the kernel's.
  public final func unsafeGetSocketOption<Value: Sendable>(
    level: NIOCore.SocketOptionLevel, name: NIOCore.SocketOptionName
  ) -> EventLoopFuture<Value> {
    run { channel in try channel.socketOption(Int32(level), Int32(name)) }
  }

  /// Sets an option of the socket; the value's type must be the kernel's.
  public final func unsafeSetSocketOption<Value: Sendable>(
    level: NIOBSDSocket.OptionLevel, name: NIOBSDSocket.Option, value: Value
  ) -> EventLoopFuture<Void> {
    run { channel in
      try channel.setSocketOption(Int32(level.rawValue), Int32(name.rawValue), to: value)
    }
  }

  /// Reads an option of the socket; the value's type must be the kernel's.
  public final func unsafeGetSocketOption<Value: Sendable>(
    level: NIOBSDSocket.OptionLevel, name: NIOBSDSocket.Option
  ) -> EventLoopFuture<Value> {
    run { channel in try channel.socketOption(Int32(level.rawValue), Int32(name.rawValue)) }
  }

  private func run<Value: Sendable>(
    _ body: @escaping @Sendable (UringChannel) throws -> Value
  ) -> EventLoopFuture<Value> {
    let call: @Sendable () throws -> Value = { [self] in
      guard isOpen else { throw ChannelError.ioOnClosedChannel }
      return try body(self)
    }
    return eventLoop.inEventLoop
      ? eventLoop.makeCompletedFuture(withResultOf: call) : eventLoop.submit(call)
  }
}
#endif

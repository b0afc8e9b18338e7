// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import SystemPackage
internal import Uring

extension UringDatagramChannel: MulticastChannel {
  /// Joins a group, on a device or on the kernel's choice of one.
  @available(*, deprecated, renamed: "joinGroup(_:device:promise:)")
  public func joinGroup(
    _ group: NIOCore.SocketAddress, interface: NIONetworkInterface?,
    promise: EventLoopPromise<Void>?
  ) {
    joinGroup(group, device: interface.map { NIONetworkDevice($0) }, promise: promise)
  }

  /// Leaves a group.
  @available(*, deprecated, renamed: "leaveGroup(_:device:promise:)")
  public func leaveGroup(
    _ group: NIOCore.SocketAddress, interface: NIONetworkInterface?,
    promise: EventLoopPromise<Void>?
  ) {
    leaveGroup(group, device: interface.map { NIONetworkDevice($0) }, promise: promise)
  }

  /// Joins a group.
  ///
  /// - Parameters:
  ///   - group: The group's address, of the socket's own family.
  ///   - device: Where the group's datagrams come in; the kernel's choice if `nil`.
  ///   - promise: Fails with `ChannelError` for what is no group of the family, with
  ///     `NIOMulticastNotSupportedError` for such a device, with `IOError` where the kernel refuses.
  public func joinGroup(
    _ group: NIOCore.SocketAddress, device: NIONetworkDevice?, promise: EventLoopPromise<Void>?
  ) {
    onLoop(promise) { channel in
      try channel.set(try channel.membership(of: group, on: device).joining)
    }
  }

  /// Leaves a group that was joined with the same arguments.
  public func leaveGroup(
    _ group: NIOCore.SocketAddress, device: NIONetworkDevice?, promise: EventLoopPromise<Void>?
  ) {
    onLoop(promise) { channel in
      try channel.set(try channel.membership(of: group, on: device).leaving)
    }
  }

  private func onLoop(
    _ promise: EventLoopPromise<Void>?,
    _ body: @escaping @Sendable (UringDatagramChannel) throws -> Void
  ) {
    let call: @Sendable () -> Void = {
      do {
        try body(self)
        promise?.succeed(())
      } catch {
        promise.fail(error)
      }
    }
    if eventLoop.inEventLoop { call() } else { eventLoop.execute(call) }
  }

  private func membership(
    of group: NIOCore.SocketAddress, on device: NIONetworkDevice?
  ) throws -> MulticastGroup {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    guard life == .active else { throw ChannelError.inappropriateOperationForState }
    if let device, !device.multicastSupported {
      throw NIOMulticastNotSupportedError(device: device)
    }
    guard let localAddress else { throw ChannelError.unknownLocalAddress }
    guard localAddress.protocol == group.protocol, let address = Uring.SocketAddress(group) else {
      throw ChannelError.badMulticastGroupAddressFamily
    }
    guard group.isMulticast else { throw ChannelError.illegalMulticastAddress(group) }
    if let own = device?.address, own.protocol != group.protocol {
      throw ChannelError.badInterfaceAddressFamily
    }
    return MulticastGroup(
      group: address, interfaceIndex: UInt32(device?.interfaceIndex ?? 0), source: nil)
  }

  private func set(_ setting: SocketSetting) throws {
    do throws(Errno) {
      try loop.socketCalls.setOption(
        setting.name.level, setting.name.number, to: setting.bytes ?? [], on: socket)
    } catch {
      throw IOError(error, "setsockopt")
    }
  }
}
#endif

// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import NIOConcurrencyHelpers
internal import SystemPackage
internal import Uring

extension UringChannel {
  final func setAllocator(_ allocator: ByteBufferAllocator) {
    addresses.withLockedValue { $0.allocator = allocator }
  }

  /// Asks the kernel for the addresses, because others may ask from any thread.
  final func cacheAddresses() {
    let local = try? localAddress0()
    let remote = try? remoteAddress0()
    addresses.withLockedValue { ($0.local, $0.remote) = (local, remote) }
  }

  /// The channel's own address, from the kernel.
  public final func localAddress0() throws -> NIOCore.SocketAddress {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    do throws(Errno) {
      return NIOCore.SocketAddress(try loop.socketCalls.localAddress(of: socket))
    } catch {
      throw IOError(error, "getsockname")
    }
  }

  /// The peer's address, from the kernel.
  public final func remoteAddress0() throws -> NIOCore.SocketAddress {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    do throws(Errno) {
      return NIOCore.SocketAddress(try loop.socketCalls.peerAddress(of: socket))
    } catch {
      throw IOError(error, "getpeername")
    }
  }

  /// Gives the socket of a registered channel its address, and makes the channel active.
  ///
  /// - Parameters:
  ///   - address: The address.
  ///   - promise: Succeeds when the channel is active.
  ///   - prepare: What else the socket needs before it is.
  final func bindAndActivate(
    to address: NIOCore.SocketAddress, _ promise: EventLoopPromise<Void>?,
    prepare: () throws -> Void = {}
  ) {
    guard isOpen else { promise.fail(ChannelError.ioOnClosedChannel); return }
    guard life == .registered else {
      promise.fail(ChannelError.inappropriateOperationForState)
      return
    }
    do {
      try bindSocket(to: address)
      try prepare()
      cacheAddresses()
      becomeActive(promise: promise)
    } catch {
      promise.fail(error)
    }
  }

  /// Gives the socket its address: bind(2).
  final func bindSocket(to address: NIOCore.SocketAddress) throws {
    guard let address = Uring.SocketAddress(address) else {
      throw IOError(.addressFamilyNotSupported, "bind")
    }
    do throws(Errno) {
      try loop.socketCalls.bind(socket, to: address)
    } catch {
      throw IOError(error, "bind")
    }
  }
}
#endif

// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore
internal import SystemPackage
internal import Uring

extension UringStreamChannel {
  func bind(_ address: NIOCore.SocketAddress, _ promise: EventLoopPromise<Void>?) {
    guard isOpen else { promise.fail(ChannelError.ioOnClosedChannel); return }
    do {
      try bindSocket(to: address)
      cacheAddresses()
      promise?.succeed(())
    } catch {
      promise.fail(error)
    }
  }

  func connect(_ address: NIOCore.SocketAddress, _ promise: EventLoopPromise<Void>?) {
    guard isOpen else { promise.fail(ChannelError.ioOnClosedChannel); return }
    guard connecting == nil else { promise.fail(ChannelError.connectPending); return }
    guard life == .registered else {
      promise.fail(ChannelError.inappropriateOperationForState)
      return
    }
    guard let address = Uring.SocketAddress(address) else {
      promise.fail(IOError(.addressFamilyNotSupported, "connect"))
      return
    }
    let memory = SocketAddressMemory(address)
    do throws(LoopError) {
      let timeout = settings.connectTimeout.map { Duration.nanoseconds($0.nanoseconds) }
      let token = try begin(memory.connect(descriptor), timeout: timeout)
      connecting = Connecting(promise: promise, token: token, address: memory)
    } catch {
      promise.fail(error)
      close0(error: error, mode: .all, promise: nil)
    }
  }

  func didConnect(_ outcome: Outcome) {
    guard let connecting = connecting.take(), isOpen else { return }
    guard let error = outcome.error else {
      cacheAddresses()
      return becomeActive(promise: connecting.promise)
    }
    let failure: any Error =
      outcome.isTimedOut
      ? ChannelError.connectTimeout(settings.connectTimeout ?? .zero)
      : IOError(error, "connect")
    connecting.promise.fail(failure)
    close0(error: failure, mode: .all, promise: nil)
  }

  func endConnect(because error: any Error) {
    guard let connecting = connecting.take() else { return }
    loop.cancel(connecting.token) { [address = connecting.address] in _ = address }
    connecting.promise.fail(error)
  }

  /// Whether the socket has been connected.
  var isConnected: Bool { connecting == nil && hasBeenActive }
}
#endif

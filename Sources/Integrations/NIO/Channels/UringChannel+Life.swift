// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
public import NIOCore
internal import Synchronization

// A channel from its registration to the end of its descriptor.
extension UringChannel {
  /// Registers the channel with its loop.
  public final func register0(promise: EventLoopPromise<Void>?) {
    guard isOpen else { promise.fail(ChannelError.ioOnClosedChannel); return }
    guard life == .fresh else {
      promise.fail(ChannelError.inappropriateOperationForState)
      return
    }
    do throws(LoopError) {
      try join()
    } catch {
      promise.fail(EventLoopError.shutdown)
      return close0(error: EventLoopError.shutdown, mode: .all, promise: nil)
    }
    life = .registered
    promise?.succeed(())
    guard isOpen else { return }
    pipeline.syncOperations.fireChannelRegistered()
  }

  final func becomeActive(promise: EventLoopPromise<Void>?) {
    guard life == .registered else { promise.fail(ChannelError.ioOnClosedChannel); return }
    life = .active
    hasBecomeActive.store(true, ordering: .relaxed)
    promise?.succeed(())
    // What waited for the promise may have closed the channel.
    guard life == .active else { return }
    hasFiredActive = true
    pipeline.syncOperations.fireChannelActive()
    guard life == .active else { return }
    activated()
    readIfWanted()
  }

  /// Asks for more, if nobody has to be asked first.
  final func readIfWanted() {
    if life == .active, settings.autoRead, !isReadPending { pipeline.syncOperations.read() }
  }

  // MARK: The end of the descriptor

  /// Closes the descriptor once the kernel has nothing of the channel any more.
  func closeDescriptorIfUnused() {
    guard operationCount == 0, closing?.hasBegun == false else { return }
    closing?.hasBegun = true
    if loop.beginClose(descriptor, owner: self) {
      operationCount += 1
    } else {
      descriptorClosed()
    }
  }

  func descriptorClosed() {
    closing?.isDescriptorClosed = true
    let whenClosed = closing?.whenClosed.take()
    whenClosed?()
    finishClosing()
  }

  func finishClosing() {
    guard let closing, closing.hasRemovedHandlers, closing.isDescriptorClosed else { return }
    self.closing?.hasRemovedHandlers = false
    _ = try? leave()
    closePromise.succeed(())
  }
}
#endif

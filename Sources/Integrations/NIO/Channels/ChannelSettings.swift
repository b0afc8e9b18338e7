// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import NIOCore

/// The options of a channel that are not its socket's.
struct ChannelSettings {
  var autoRead = true
  var maxMessagesPerRead: UInt = 4
  var recvAllocator: any RecvByteBufferAllocator = AdaptiveRecvByteBufferAllocator()
  /// Most bytes of one read, where the allocator says always the same.
  var readByteLimit: Int?
  var allowsRemoteHalfClosure = false
  var waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 32 * 1024, high: 64 * 1024)
  var writeSpin: UInt = 16
  var connectTimeout: TimeAmount?
  var backlog: Int32 = 128

  mutating func setRecvAllocator(_ allocator: any RecvByteBufferAllocator) {
    recvAllocator = allocator
    readByteLimit = (allocator as? FixedSizeRecvByteBufferAllocator)?.capacity
  }
}
#endif

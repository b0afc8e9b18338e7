// SPDX-License-Identifier: Apache-2.0

// Built where NIOCore has the protocol of the article "A proposal to SwiftNIO", with
// `-Xswiftc -DNIO_CHANNEL_MAKING`.
#if NIO && NIO_CHANNEL_MAKING
public import NIOCore
internal import SystemPackage

extension UringEventLoop: NIOChannelMakingEventLoop {
  /// Makes a listening channel.
  ///
  /// - Parameters:
  ///   - source: A family of addresses, or a socket that has its address.
  ///   - childGroup: Gets the connections.
  /// - Returns: The channel, neither registered nor bound.
  /// - Throws: `IOError` of socket(2); `EventLoopError.unsupportedOperation` for a group that is not
  ///   of this library.
  public func makeServerChannel(
    _ source: NIOChannelSource, childGroup: any EventLoopGroup
  ) throws -> any Channel {
    guard childGroup.nextUringLoop() != nil else { throw EventLoopError.unsupportedOperation }
    return UringServerChannel(try makeSocket(source), on: self, childGroup: childGroup)
  }

  /// Makes a channel that connects, or that is connected already.
  ///
  /// - Parameter source: A family of addresses, or a connected socket.
  /// - Returns: The channel, not registered.
  /// - Throws: `IOError` of socket(2).
  public func makeStreamChannel(_ source: NIOChannelSource) throws -> any Channel {
    UringStreamChannel(try makeSocket(source), on: self, parent: nil)
  }

  private func makeSocket(_ source: NIOChannelSource) throws -> FileDescriptor {
    switch source {
    case .socket(let socket): FileDescriptor(rawValue: socket)
    case .family(let family): try makeSocket(of: Int32(family.rawValue))
    }
  }
}
#endif

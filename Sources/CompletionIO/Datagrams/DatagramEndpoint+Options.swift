// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
public import Uring

// Options of an endpoint that is there; on the loop's thread, which alone knows whether the
// descriptor is still the endpoint's.
extension DatagramEndpoint {
  /// Reads an option; on the loop's thread.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says, which may be another value than was set.
  /// - Throws: ``SocketError`` with ENOPROTOOPT or EOPNOTSUPP for an option that the socket does not
  ///   have; EBADF after ``close()``; EXDEV on another thread than the loop's.
  ///
  /// The corresponding C function is `getsockopt`.
  public func option<Value>(_ option: SocketOption<Value>) throws(SocketError) -> Value {
    try self.option(option.reading)
  }

  /// Reads an option that the kernel alone decides; on the loop's thread.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says.
  /// - Throws: As ``option(_:)-(SocketOption<Value>)``.
  ///
  /// The corresponding C function is `getsockopt`.
  public func option<Value>(_ option: ReadOnlySocketOption<Value>) throws(SocketError) -> Value {
    let file = try openDescriptor(for: .readOption, option.name)
    return try loop.socketCalls.readOption(option, of: file, peerAddress)
  }

  /// Sets an option; on the loop's thread.
  ///
  /// - Parameters:
  ///   - option: Which option.
  ///   - value: What it becomes.
  /// - Throws: ``SocketError`` with ENOPROTOOPT or EOPNOTSUPP for an option that the socket does not
  ///   have, ERANGE for a value that the option cannot have, EINVAL for one that the kernel does not
  ///   take, EPERM for one that needs more rights; EBADF after ``close()``; EXDEV on another thread
  ///   than the loop's.
  ///
  /// The corresponding C function is `setsockopt`.
  public func setOption<Value>(
    _ option: SocketOption<Value>, to value: Value
  ) throws(SocketError) {
    try set(SocketSetting(option, value))
  }

  /// Joins a group, whose datagrams the socket receives from now on; on the loop's thread.
  ///
  /// - Parameters:
  ///   - group: The group's address; its port does not count.
  ///   - interface: Where the group is joined.
  ///   - source: The only sender whose datagrams are wanted, and once for each of several; all if
  ///     `nil`.
  /// - Throws: ``SocketError`` with EINVAL for an address that is no group's, EADDRINUSE for one that
  ///   is joined already, ENODEV for an interface that is not there, ENOBUFS for too many groups;
  ///   EBADF after ``close()``; EXDEV on another thread than the loop's.
  ///
  /// The corresponding C function is `setsockopt` with `MCAST_JOIN_GROUP` or
  /// `MCAST_JOIN_SOURCE_GROUP`.
  public func join(
    _ group: SocketAddress, on interface: NetworkInterface = .any, from source: SocketAddress? = nil
  ) throws(SocketError) {
    try set(membership(of: group, interface, source).joining)
  }

  /// Leaves a group that was joined with the same arguments; on the loop's thread.
  ///
  /// - Parameters:
  ///   - group: The group's address; its port does not count.
  ///   - interface: Where the group was joined.
  ///   - source: As it was joined.
  /// - Throws: ``SocketError`` with EADDRNOTAVAIL for a group that was not joined, ENODEV for an
  ///   interface that is not there; EBADF after ``close()``; EXDEV on another thread than the loop's.
  ///
  /// The corresponding C function is `setsockopt` with `MCAST_LEAVE_GROUP` or
  /// `MCAST_LEAVE_SOURCE_GROUP`.
  public func leave(
    _ group: SocketAddress, on interface: NetworkInterface = .any, from source: SocketAddress? = nil
  ) throws(SocketError) {
    try set(membership(of: group, interface, source).leaving)
  }

  private func membership(
    of group: SocketAddress, _ interface: NetworkInterface, _ source: SocketAddress?
  ) throws(SocketError) -> MulticastGroup {
    do throws(Errno) {
      return MulticastGroup(
        group: group, interfaceIndex: try interface.index(), source: source)
    } catch {
      throw SocketError(.setOption, error, peer: group)
    }
  }

  private func set(_ setting: SocketSetting) throws(SocketError) {
    let file = try openDescriptor(for: .setOption, setting.name)
    try loop.socketCalls.setOptions([setting], on: file, peerAddress)
  }

  /// The descriptor, while it is open and the endpoint's.
  private func openDescriptor(
    for operation: SocketOperation, _ name: SocketOptionName
  ) throws(SocketError) -> FileDescriptor {
    guard loop.isCurrent else {
      throw SocketError(
        operation, .improperLink, cause: .wrongThread, peer: peerAddress, option: name)
    }
    guard closing == .open, let file = descriptor.fileDescriptor else {
      let failure: StreamFailure = loop.isStopping ? .loopStopped : .closed
      throw SocketError(
        operation, failure.errno, cause: failure.cause, peer: peerAddress, option: name)
    }
    return file
  }
}

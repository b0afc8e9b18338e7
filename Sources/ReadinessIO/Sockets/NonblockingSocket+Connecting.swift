// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
public import Uring

extension NonblockingSocket {
  /// Begins to connect.
  ///
  /// After ``NonblockingSocketError/wouldBlock(_:_:)`` with EINPROGRESS the kernel goes on by
  /// itself: wait until the socket is writable, then call ``finishConnect()``. A failed socket
  /// cannot be used again: close it.
  ///
  /// - Parameter address: The peer.
  /// - Throws: ``NonblockingSocketError/wouldBlock(_:_:)`` with EINPROGRESS (begun), EALREADY (an
  ///   earlier call goes on) or EAGAIN (a Unix-domain listener's queue is full; nothing has begun);
  ///   ``NonblockingSocketError/failed(_:_:)`` with ECONNREFUSED, EISCONN, ENETUNREACH,
  ///   EADDRNOTAVAIL, ETIMEDOUT.
  ///
  /// The corresponding C function is `connect`.
  public func connect(to address: SocketAddress) throws(NonblockingSocketError) {
    let answer = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.connect(
        descriptor.rawValue, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard answer == 0 else { throw NonblockingSocketError(.connect, .current) }
  }

  /// Tells how a connect in progress has ended, once the socket is writable.
  ///
  /// - Throws: ``NonblockingSocketError/wouldBlock(_:_:)`` with EINPROGRESS when it has not ended;
  ///   ``NonblockingSocketError/failed(_:_:)`` with ECONNREFUSED, ETIMEDOUT, ENETUNREACH.
  ///
  /// The corresponding C functions are `getsockopt` with `SO_ERROR`, and `getpeername`.
  public func finishConnect() throws(NonblockingSocketError) {
    var error: Int32 = 0
    var byteCount = socklen_t(MemoryLayout<Int32>.size)
    let answer = unsafe getsockopt(
      descriptor.rawValue, SOL_SOCKET, SO_ERROR, &error, &byteCount)
    guard answer == 0 else { throw NonblockingSocketError(.connect, .current) }
    guard error == 0 else { throw NonblockingSocketError(.connect, Errno(rawValue: error)) }
    do throws(Errno) {
      _ = try SocketAddress.peer(of: descriptor)
    } catch {
      throw NonblockingSocketError(.connect, error == .socketNotConnected ? .nowInProgress : error)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Uring

// Sockets of datagrams. No option shares an address with others by itself: `SO_REUSEADDR` would let
// a second UDP socket take the datagrams of the first (socket(7)).
extension SocketFactory {
  /// Makes a socket of datagrams of a family.
  func openDatagrams(
    of family: Int32, _ options: DatagramOptions, for address: SocketAddress?
  ) throws(SocketError) -> FileDescriptor {
    try open(for: address, options.settings(for: family)) { () throws(Errno) in
      try calls.makeDatagramSocket(family: family)
    }
  }

  /// Makes sockets that share one address, one for each of `count` loops, as listeners do
  /// (``listen(on:count:_:)``).
  func bindDatagrams(
    to address: SocketAddress, count: Int, _ options: DatagramOptions
  ) throws(SocketError) -> (sockets: [FileDescriptor], address: SocketAddress) {
    try bindSharing(address, count: count, options.common) { address throws(SocketError) in
      try openDatagrams(of: address.family, options, for: address)
    }
  }

  /// Makes a socket that sends to one address and receives from it alone.
  func connectDatagrams(
    to address: SocketAddress, from local: SocketAddress?, _ options: DatagramOptions
  ) throws(SocketError) -> (socket: FileDescriptor, local: SocketAddress?) {
    if let local, local.family != address.family {
      throw SocketError(.bind, .addressFamilyNotSupported, peer: local)
    }
    let descriptor = try openDatagrams(of: address.family, options, for: address)
    do throws(SocketError) {
      if let local { _ = try bindFirst(descriptor, to: local, options.common) }
      do throws(Errno) {
        try calls.connect(descriptor, to: address)
      } catch {
        throw SocketError(.connect, error, peer: address)
      }
    } catch {
      calls.close(descriptor)
      throw error
    }
    return (descriptor, try? calls.localAddress(of: descriptor))
  }
}

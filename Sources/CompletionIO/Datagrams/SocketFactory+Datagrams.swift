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
    let descriptor: FileDescriptor
    do throws(Errno) {
      descriptor = try calls.makeDatagramSocket(family: family)
    } catch {
      throw SocketError(.open, error, peer: address)
    }
    do throws(SocketError) {
      try calls.setOptions(options.settings(for: family), on: descriptor, address)
    } catch {
      calls.close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Makes sockets that share one address, one for each of `count` loops, as listeners do
  /// (``listen(on:count:_:)``).
  func bindDatagrams(
    to address: SocketAddress, count: Int, _ options: DatagramOptions
  ) throws(SocketError) -> (sockets: [FileDescriptor], address: SocketAddress) {
    var sockets: [FileDescriptor] = []
    do throws(SocketError) {
      let first = try openDatagrams(of: address.family, options, for: address)
      sockets.append(first)
      let bound = try bindFirst(first, to: address, options.common)
      let sharing = [SocketSetting(.reusePort, true)]
      if count > 1 { try calls.setOptions(sharing, on: first, address) }
      for _ in 1..<max(1, count) {
        let next = try openDatagrams(of: bound.family, options, for: bound)
        sockets.append(next)
        try calls.setOptions(sharing, on: next, bound)
        _ = try bind(next, to: bound)
      }
      return (sockets, bound)
    } catch {
      for socket in sockets { calls.close(socket) }
      throw error
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

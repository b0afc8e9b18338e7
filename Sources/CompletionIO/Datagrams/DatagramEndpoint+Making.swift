// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
public import Uring

// The ways in which an endpoint is made, without a wait; on the loop's thread.
extension DatagramEndpoint {
  /// Makes an endpoint that receives what is sent to an address.
  ///
  /// - Parameters:
  ///   - address: An Internet or Unix-domain address; port 0 lets the kernel choose.
  ///   - loop: The endpoint belongs to it; the call is made on its thread.
  ///   - options: How the socket is made.
  ///   - policy: What its operations do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: An endpoint that receives nothing yet; datagrams wait in the kernel.
  /// - Throws: ``SocketError`` with EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE, ESHUTDOWN; ENOBUFS if
  ///   the loop has no room for another socket.
  ///
  /// The corresponding C functions are `socket` and `bind`.
  public static func bind(
    to address: SocketAddress, on loop: CompletionLoop,
    options: DatagramOptions = DatagramOptions(), policy: ResubmissionPolicy? = nil
  ) throws(SocketError) -> DatagramEndpoint {
    let (sockets, bound) = try SocketFactory(loop.socketCalls).bindDatagrams(
      to: address, count: 1, options)
    return try open(
      sockets[0], on: loop,
      Plan(
        local: bound, family: address.family, isServing: true, options: options,
        policy: policy))
  }

  /// Makes an endpoint that sends to one address and receives from it alone.
  ///
  /// - Parameters:
  ///   - address: Where to.
  ///   - local: The own address; the kernel's choice if `nil`, and none for a Unix-domain socket,
  ///     which nobody can answer then.
  ///   - loop: The endpoint belongs to it; the call is made on its thread.
  ///   - options: How the socket is made.
  ///   - policy: What its operations do when the kernel says "not now"; the loop's if `nil`.
  /// - Returns: The endpoint.
  /// - Throws: ``SocketError`` with ENETUNREACH, EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE,
  ///   ESHUTDOWN; ECONNREFUSED and ENOENT for a Unix-domain address that nobody has; EAFNOSUPPORT
  ///   for addresses of two families; ENOBUFS if the loop has no room for another socket.
  ///
  /// The corresponding C functions are `socket`, `bind` and `connect`.
  public static func connect(
    to address: SocketAddress, from local: SocketAddress? = nil, on loop: CompletionLoop,
    options: DatagramOptions = DatagramOptions(), policy: ResubmissionPolicy? = nil
  ) throws(SocketError) -> DatagramEndpoint {
    let (socket, bound) = try SocketFactory(loop.socketCalls).connectDatagrams(
      to: address, from: local, options)
    return try open(
      socket, on: loop,
      Plan(
        local: bound, peer: address, family: address.family, options: options,
        policy: policy))
  }

  /// Makes two Unix-domain endpoints that send to each other.
  ///
  /// - Parameters:
  ///   - loop: The endpoints belong to it; the call is made on its thread.
  ///   - options: How the sockets are made.
  /// - Returns: The endpoints.
  /// - Throws: ``SocketError`` with EMFILE, ESHUTDOWN; ENOBUFS if the loop has no room for them.
  ///
  /// The corresponding C function is `socketpair`.
  public static func pair(
    on loop: CompletionLoop, options: DatagramOptions = DatagramOptions()
  ) throws(SocketError) -> (DatagramEndpoint, DatagramEndpoint) {
    let sockets: (FileDescriptor, FileDescriptor)
    do throws(Errno) {
      sockets = try loop.socketCalls.makeDatagramPair()
    } catch {
      throw SocketError(.open, error)
    }
    let unnamed = try? loop.socketCalls.localAddress(of: sockets.0)
    let plan = Plan(local: unnamed, peer: unnamed, family: unixFamily, options: options)
    let first: DatagramEndpoint
    do throws(SocketError) {
      first = try open(sockets.0, on: loop, plan)
    } catch {
      loop.closeNow(sockets.1)
      throw error
    }
    do throws(SocketError) {
      return (first, try open(sockets.1, on: loop, plan))
    } catch {
      first.abort()
      throw error
    }
  }

  private static var unixFamily: Int32 { 1 }  // AF_UNIX
}

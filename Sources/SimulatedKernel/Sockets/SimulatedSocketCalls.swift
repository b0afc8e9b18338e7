// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import Glibc
package import SystemPackage
package import Uring

// The system calls that a loop makes on sockets, without a kernel.
extension SimulatedMachine: SocketCalls {
  package func makeSocket(family: Int32) throws(Errno) -> FileDescriptor {
    try open(newSocket(family: family))
  }

  package func makeDatagramSocket(family: Int32) throws(Errno) -> FileDescriptor {
    try open(newSocket(family: family, isDatagram: true))
  }

  package func makeDatagramPair() throws(Errno) -> (FileDescriptor, FileDescriptor) {
    let first = newSocket(family: AF_UNIX, isDatagram: true)
    let second = newSocket(family: AF_UNIX, isDatagram: true)
    (first.peer, second.peer) = (second, first)
    (first.state, second.state) = (.connected, .connected)
    let descriptor = try open(first)
    do throws(Errno) {
      return (descriptor, try open(second))
    } catch {
      _ = closeDescriptor(descriptor.rawValue)
      throw error
    }
  }

  package func connect(_ socket: FileDescriptor, to address: SocketAddress) throws(Errno) {
    let socket = try open(socket)
    guard socket.isDatagram else { throw .socketTypeNotSupported }
    let result = socket.connectDatagrams(to: address)
    if result < 0 { throw Errno(rawValue: -result) }
  }

  /// Gives a new socket a number.
  private func open(_ socket: SimulatedSocket) throws(Errno) -> FileDescriptor {
    guard let number = descriptors.insert(socket) else { throw .tooManyOpenFiles }
    return FileDescriptor(rawValue: number)
  }

  package func setOption(
    _ level: Int32, _ number: Int32, to bytes: [UInt8], on socket: FileDescriptor
  ) throws(Errno) {
    try open(socket).setOption(SocketOptionName(level: level, number: number), to: bytes)
  }

  package func option(
    _ level: Int32, _ number: Int32, byteLimit: Int, of socket: FileDescriptor
  ) throws(Errno) -> [UInt8] {
    let value = try open(socket).option(SocketOptionName(level: level, number: number))
    return Array(value.prefix(byteLimit))
  }

  package func bind(_ socket: FileDescriptor, to address: SocketAddress) throws(Errno) {
    let socket = try open(socket)
    guard socket.localAddress == nil else { throw .invalidArgument }
    let address = address.port == 0 ? makeLocalAddress() : address
    let sockets = socket.isDatagram ? datagramSockets : bound
    let others = sockets[address.simulated] ?? []
    guard others.allSatisfy({ $0.reusesPort && socket.reusesPort }) else { throw .addressInUse }
    if address.isPath, !socketFiles.insert(address).inserted { throw .addressInUse }
    if socket.isDatagram {
      datagramSockets[address.simulated, default: []].append(socket)
    } else {
      bound[address.simulated, default: []].append(socket)
    }
    socket.localAddress = address
  }

  package func listen(_ socket: FileDescriptor, backlog: Int32) throws(Errno) {
    let socket = try open(socket)
    guard !socket.isDatagram else { throw .notSupportedOnSocket }
    guard socket.state == .idle, !socket.isReleased else { throw .invalidArgument }
    if socket.localAddress == nil {
      guard !socket.isUnix else { throw .invalidArgument }
      let address = makeLocalAddress()
      bound[address, default: []].append(socket)
      socket.localAddress = address
    }
    socket.state = .listening
    socket.backlog = max(0, Int(backlog))
    trace.note(at: now, "socket \(socket.number) listens")
  }

  package func localAddress(of socket: FileDescriptor) throws(Errno) -> SocketAddress {
    let socket = try open(socket)
    return socket.localAddress ?? (socket.isUnix ? .unnamed : .wildcard)
  }

  package func peerAddress(of socket: FileDescriptor) throws(Errno) -> SocketAddress {
    let socket = try open(socket)
    guard socket.state == .connected else { throw .socketNotConnected }
    return socket.peerName
  }

  package func attempt(_ request: Request) -> Int32 {
    requestCount += 1
    return SimulatedRing(on: self).call(request)
  }

  package func close(_ socket: FileDescriptor) {
    _ = closeDescriptor(socket.rawValue)
  }

  private func open(_ descriptor: FileDescriptor) throws(Errno) -> SimulatedSocket {
    guard let socket = descriptors[descriptor.rawValue] else {
      report("descriptor \(descriptor.rawValue) is used and is not open")
      throw .badFileDescriptor
    }
    return socket
  }
}

extension SimulatedSocket {
  /// The other end's address, whether or not it can still be asked for.
  var peerName: SocketAddress { remoteAddress ?? (isUnix ? .unnamed : .wildcard) }
}

extension SocketAddress {
  /// Whether this is a path, whose file stays when its socket is closed (unix(7)).
  var isPath: Bool { isUnixDomain && !isUnnamedOrAbstract }

  private var isUnnamedOrAbstract: Bool {
    description == "unix:" || description.hasPrefix("unix:@")
  }

  /// The address of a TCP socket that has none.
  static var wildcard: SocketAddress {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    return copying(address)
  }

  /// The address of a Unix-domain socket that has none.
  static var unnamed: SocketAddress { copying(sa_family_t(AF_UNIX)) }

  /// The same for every way to name a port: a simulated machine has one interface.
  var simulated: SocketAddress {
    port.map { .loopback(port: $0) } ?? self
  }
}

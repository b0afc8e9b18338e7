// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc
internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// IORING_OP_SOCKET and IORING_OP_CLOSE.
  static let socketByRequest = KernelCheck(
    "socket-by-request", .sockets,
    "Requests make a socket and close it.",
    since: "5.19", without: "System calls make sockets, as they do in any case.",
    needs: [.socket, .close]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let made = try ring.perform(
      RawRequest(
        CURING_OP_SOCKET, on: AF_INET, length: 0, offset: UInt64(TestSocket.Kind.tcp.type)))
    try expect(made.result >= 0, "socket: \(made)")
    // Closed twice, so by a number so high that nobody else gets it in between.
    let high = try TestSocket.must("fcntl", fcntl(made.result, F_DUPFD_CLOEXEC, 1_000))
    for number in [made.result, high] {
      let closed = try ring.perform(.close(number))
      try expect(closed.result == 0, "close: \(closed)")
    }
    let again = try ring.perform(.close(high))
    try expect(again.fails(with: .badFileDescriptor), "close of what is closed: \(again)")
  }

  /// IORING_OP_BIND and IORING_OP_LISTEN.
  static let listenByRequest = KernelCheck(
    "listen-by-request", .sockets,
    "Requests bind a socket and make it a listener.",
    since: "6.11", without: "System calls do, as they do in any case.", needs: [.bind, .listen]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.socket()
    let address = try ring.memory(holding: .loopback)
    let bound = try ring.perform(
      RawRequest(
        CURING_OP_BIND, on: listener.descriptor, address: address.memory.address,
        offset: UInt64(address.byteCount)))
    try expect(bound.result == 0, "bind: \(bound)")
    let listening = try ring.perform(
      RawRequest(CURING_OP_LISTEN, on: listener.descriptor, length: 4))
    try expect(listening.result == 0, "listen: \(listening)")
    _ = try ring.client(of: listener)
    _ = try ring.socket(accepted: ring.perform(.accept(listener)))
  }

  /// SOCKET_URING_OP_GETSOCKOPT and _SETSOCKOPT.
  static let socketOptions = KernelCheck(
    "socket-options", .sockets,
    "Requests set and read options of a socket.",
    since: "6.7", without: "System calls do, as they do in any case."
  ) { context throws(Finding) in
    let ring = try context.ring()
    let socket = try ring.socket()
    let value = try ring.memory()
    value.store(Int32(1), at: 0)
    let set = try ring.perform(command(3, on: socket, value, option: SO_KEEPALIVE))
    try set.requireKnownCommand()
    try expect(set.result == 0, "set: \(set)")
    try expect(try socket.option(SO_KEEPALIVE) == 1, "the option is not set")
    value.store(Int32(0), at: 0)
    let got = try ring.perform(command(2, on: socket, value, option: SO_KEEPALIVE))
    try expect(got.result == 4, "get: \(got)")
    try expect(value.load(Int32.self, at: 0) == 1, "the option read is not the one set")
  }

  /// SOCKET_URING_OP_SIOCINQ and _SIOCOUTQ.
  static let socketQueues = KernelCheck(
    "socket-queues", .sockets,
    "Requests tell how many bytes wait in a socket's queues.",
    since: "6.7", without: "Nothing: the library does not ask."
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    try far.write("hello")
    try expect(near.waitUntilReadable(), "bytes do not arrive")
    let waiting = try ring.perform(command(0, on: near))
    try waiting.requireKnownCommand()
    try expect(waiting.result == 5, "of 5 bytes received: \(waiting)")
    let unsent = try ring.perform(command(1, on: near))
    try expect(unsent.result == 0, "of none unsent: \(unsent)")
  }

  /// IORING_OP_URING_CMD on a socket.
  private static func command(
    _ command: UInt64, on socket: TestSocket, _ value: PinnedMemory? = nil, option: Int32 = 0
  ) -> RawRequest {
    let level = UInt64(UInt32(bitPattern: SOL_SOCKET))
    let name = UInt64(UInt32(bitPattern: option)) << 32
    let isOption = value != nil
    return RawRequest(
      46, on: socket.descriptor, address: isOption ? level | name : 0, offset: command
    ).changed {
      $0.third_address = value?.address ?? 0
      $0.file_index = isOption ? 4 : 0
    }
  }
}

extension RawCompletion {
  /// Goes on where sockets take commands.
  fileprivate func requireKnownCommand() throws(Finding) {
    try requireKnown("IORING_OP_URING_CMD")
    if fails(with: .notSupportedOnSocket) { throw .absent("sockets take no commands") }
  }
}

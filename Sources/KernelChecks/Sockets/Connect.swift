// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// A connect completes when the connection is there.
  static let connect = KernelCheck(
    "connect", .sockets,
    "A connect completes with 0 once it is connected, also on a non-blocking socket.",
    since: "5.5", without: "No loop can be made.", tier: .oneShot, needs: [.connect]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    let address = try ring.memory(holding: listener.localAddress())
    for isNonblocking in [false, true] {
      let socket = try ring.socket()
      if isNonblocking { try socket.setNonblocking() }
      let request = RawRequest.connect(socket, address.memory, byteCount: address.byteCount)
      let first = try ring.perform(request)
      try expect(first.result == 0, "first: \(first)")
      let second = try ring.perform(request)
      try expect(second.fails(with: .socketIsConnected), "on a connected socket: \(second)")
    }
  }

  /// A port that nobody listens on.
  static let connectRefused = KernelCheck(
    "connect-refused", .sockets,
    "A connect to a port without a listener completes with -ECONNREFUSED.",
    since: "5.5", without: "No loop can be made.", tier: .oneShot, needs: [.connect]
  ) { context throws(Finding) in
    let ring = try context.ring()
    // Bound and not listening: nobody else gets the port meanwhile.
    let bound = try ring.socket()
    try bound.bind()
    let address = try ring.memory(holding: bound.localAddress())
    let completion = try ring.perform(
      .connect(try ring.socket(), address.memory, byteCount: address.byteCount))
    try expect(completion.fails(with: .connectionRefused), "\(completion)")
  }

  /// Only one connect at a time.
  static let connectTwice = KernelCheck(
    "connect-twice", .sockets,
    "A second connect while the first is under way is refused with -EALREADY.",
    since: "5.5", without: "Nothing: a socket has one connect.", needs: [.connect]
  ) { context throws(Finding) in
    let (ring, first) = try pendingConnect(context)
    let second = try ring.perform(first.tagged(3))
    try expect(second.fails(with: .alreadyInProcess), "\(second)")
  }

  /// Ten facts, 6: a cancelled connect leaves the socket connecting.
  static let connectAfterCancel = KernelCheck(
    "connect-after-cancel", .sockets,
    "After a cancelled connect the socket is still connecting, and a new one gets -EALREADY.",
    since: "5.5", without: "Nothing: the socket of a cancelled connect is closed.",
    tier: .oneShot, needs: [.connect, .cancel]
  ) { context throws(Finding) in
    let (ring, first) = try pendingConnect(context)
    try ring.submit(.cancel(token: first.token))
    let both = try ring.wait(2)
    try expect(
      both.first(of: first.token)?.fails(with: .canceled) == true, "the connect: \(both)")
    let second = try ring.perform(first.tagged(3))
    try expect(second.fails(with: .alreadyInProcess), "\(second)")
  }

  /// A connect that stays under way: a full backlog drops what asks for a connection.
  private static func pendingConnect(
    _ context: CheckContext
  ) throws(Finding) -> (RawRing, RawRequest) {
    let ring = try context.ring()
    let listener = try ring.listener(backlog: 0)
    let address = try ring.memory(holding: listener.localAddress())
    // A backlog of 0 holds one connection; the second one fills it for good.
    for token: UInt64 in 10..<20 {
      let request = RawRequest.connect(
        try ring.socket(), address.memory, byteCount: address.byteCount)
      try ring.submit(request.tagged(token))
      let entered = ring.enterOnce(waitFor: 1, timeout: .milliseconds(200))
      let done = ring.reap()
      try expect(done.allSatisfy { $0.result == 0 }, "fills the backlog: \(done)")
      if done.isEmpty, entered <= 0 { return (ring, request.tagged(token)) }
    }
    throw .skipped("ten connects fit into a backlog of none")
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// One accept, one connection, one descriptor that no child process inherits.
  static let accept = KernelCheck(
    "accept", .sockets,
    "An accept waits in the kernel and completes with a close-on-exec descriptor.",
    since: "5.5", without: "No loop can be made.", tier: .oneShot, needs: [.accept, .fastPoll]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    try ring.arm(.accept(listener))
    _ = try ring.client(of: listener)
    let completion = try ring.only()
    let accepted = try ring.socket(accepted: completion)
    try expect(accepted.isClosedOnExec, "a child process would inherit the descriptor")
    try expect(!completion.isArmed, "stays armed: \(completion)")
  }

  /// The kernel keeps accepting.
  static let acceptMultishot = KernelCheck(
    "accept-multishot", .sockets,
    "One accept completes for each connection and says each time that it is still armed.",
    since: "5.19", without: "One accept a connection, made again after each.", tier: .degraded,
    needs: [.acceptMultishot]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    try ring.arm(.accept(listener, start: RawRequest.Start.acceptMultishot))
    for _ in 0..<3 {
      _ = try ring.client(of: listener)
      let completion = try ring.only()
      _ = try ring.socket(accepted: completion)
      try expect(completion.isArmed, "does not stay armed: \(completion)")
    }
  }

  /// IOSQE_ASYNC does not park a thread on a listener.
  static let acceptMultishotFromWorker = KernelCheck(
    "accept-multishot-async", .sockets,
    "A multishot accept that starts on a worker thread stays multishot.",
    since: "5.19", without: "Nothing: requests are never forced to a worker thread.",
    needs: [.acceptMultishot]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    try ring.submit(
      .accept(listener, start: RawRequest.Start.acceptMultishot).asynchronous)
    for _ in 0..<2 {
      _ = try ring.client(of: listener)
      let completion = try ring.only()
      _ = try ring.socket(accepted: completion)
      try expect(completion.isArmed, "does not stay armed: \(completion)")
    }
  }

  /// O_NONBLOCK on a listener means nothing to a ring.
  static let acceptWaitsOnNonblocking = KernelCheck(
    "accept-ignores-nonblock", .sockets,
    "An accept waits also where the listener is non-blocking.",
    since: "5.19", without: "Sockets are blocking, so that the flag does not matter.",
    needs: [.acceptMultishot]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    try listener.setNonblocking()
    try ring.arm(.accept(listener))
    _ = try ring.client(of: listener)
    _ = try ring.socket(accepted: ring.only())
  }

  /// IORING_ACCEPT_POLL_FIRST.
  static let acceptPollFirst = KernelCheck(
    "accept-poll-first", .sockets,
    "An accept can wait for readiness before its first try.",
    since: "6.10", without: "The first try is made, which costs a little.",
    needs: [.acceptPollFirst]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    try ring.arm(.accept(listener, start: RawRequest.Start.acceptPollFirst))
    _ = try ring.client(of: listener)
    _ = try ring.socket(accepted: ring.only())
  }

  /// IORING_ACCEPT_DONTWAIT.
  static let acceptDoNotWait = KernelCheck(
    "accept-do-not-wait", .sockets,
    "An accept answers -EAGAIN at once where it is asked not to wait.",
    since: "6.10", without: "A poll with no time limit goes before the accept.",
    needs: [.acceptDoNotWait]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    let request = RawRequest.accept(listener, start: RawRequest.Start.acceptDoNotWait)
    let empty = try ring.perform(request)
    try expect(empty.fails(with: .resourceTemporarilyUnavailable), "empty: \(empty)")
    _ = try ring.client(of: listener)
    _ = try ring.socket(accepted: ring.perform(request))
  }

  /// F_SOCK_NONEMPTY on accepts.
  static let acceptTellsOfMore = KernelCheck(
    "accept-tells-of-more", .sockets,
    "A completed accept tells whether more connections wait.",
    since: "6.10", without: "Nothing: it is a hint.", needs: [.acceptDoNotWait]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let listener = try ring.listener()
    _ = try ring.client(of: listener)
    _ = try ring.client(of: listener)
    let first = try ring.perform(.accept(listener))
    _ = try ring.socket(accepted: first)
    let second = try ring.perform(.accept(listener))
    _ = try ring.socket(accepted: second)
    try expect(first.saysNonEmpty, "of two: \(first)")
    try expect(!second.saysNonEmpty, "of one: \(second)")
  }
}

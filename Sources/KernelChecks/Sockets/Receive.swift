// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// Ten facts, 1: O_NONBLOCK means nothing to a receive.
  static let receiveWaitsOnNonblocking = KernelCheck(
    "receive-ignores-nonblock", .sockets,
    "A receive waits in the kernel also where the socket is non-blocking.",
    since: "5.7", without: "No loop can be made.", tier: .oneShot, needs: [.receive, .fastPoll]
  ) { context throws(Finding) in
    let ring = try context.ring()
    for isNonblocking in [false, true] {
      let (near, far) = try ring.connection()
      if isNonblocking { try near.setNonblocking() }
      let memory = try ring.memory()
      try ring.arm(.receive(near, into: memory, count: 64))
      try far.write("hello")
      let completion = try ring.only()
      try expect(completion.result == 5, "receives 5 bytes as \(completion)")
      try expect(memory.text(count: 5) == "hello", "receives other bytes")
    }
  }

  /// MSG_DONTWAIT is what turns waiting off.
  static let receiveDoNotWait = KernelCheck(
    "receive-do-not-wait", .sockets,
    "A receive answers -EAGAIN at once where it is asked not to wait.",
    since: "5.7", without: "No loop can be made.", tier: .oneShot, needs: [.receive]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    let memory = try ring.memory()
    let request = RawRequest.receive(near, into: memory, count: 64, flags: CURING_MSG_DONTWAIT)
    let empty = try ring.perform(request)
    try expect(empty.fails(with: .resourceTemporarilyUnavailable), "empty: \(empty)")
    try far.write("x")
    let full = try ring.perform(request)
    try expect(full.result == 1, "full: \(full)")
  }

  /// IORING_RECVSEND_POLL_FIRST.
  static let receivePollFirst = KernelCheck(
    "receive-poll-first", .sockets,
    "A receive can wait for readiness before its first try, and takes what is there already.",
    since: "5.19", without: "The first try is made, which costs a little.",
    needs: [.pollFirst]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    let memory = try ring.memory()
    let request = RawRequest.receive(
      near, into: memory, count: 64, start: RawRequest.Start.pollFirst)
    try ring.arm(request)
    try far.write("one")
    try expect(try ring.only().result == 3, "late data are not received")
    try far.write("three")
    try expect(try ring.perform(request).result == 5, "early data are not received")
  }

  /// The kernel keeps receiving.
  static let receiveMultishot = KernelCheck(
    "receive-multishot", .sockets,
    "One receive completes for each arrival, each time with a buffer, and stays armed.",
    since: "6.0", without: "One receive an arrival, made again after each.", tier: .full,
    needs: [.receiveMultishot, .bufferRing]
  ) { context throws(Finding) in
    let ring = try context.ring()
    // One more than is needed: the end of the buffers is another check.
    let group = try ring.bufferGroup(filled: 4)
    let (near, far) = try ring.pair()
    try ring.arm(.receive(near, group: group.id, start: RawRequest.Start.multishot))
    for word in ["one", "three", "seventeen"] {
      try far.write(word)
      let completion = try ring.only()
      try expect(completion.isArmed, "does not stay armed: \(completion)")
      guard let buffer = completion.buffer else { throw .differs("no buffer: \(completion)") }
      let text = group.text(buffer, count: completion.result)
      try expect(text == word, "receives '\(text)' for '\(word)'")
    }
  }

  /// An end of stream is the last word of a receive.
  static let receiveEnd = KernelCheck(
    "receive-end", .sockets,
    "An end of stream ends a multishot receive with 0 and takes no buffer.",
    since: "6.0", without: "A receive that completes once ends with 0 just so.", tier: .full,
    needs: [.receiveMultishot, .bufferRing]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup(filled: 2)
    let (near, far) = try ring.pair()
    try ring.arm(.receive(near, group: group.id, start: RawRequest.Start.multishot))
    far.close()
    let completion = try ring.only()
    try expect(completion.result == 0 && !completion.isArmed, "ends with \(completion)")
    try expect(completion.buffer == nil, "takes a buffer: \(completion)")
  }

  /// F_SOCK_NONEMPTY on receives.
  static let receiveTellsOfMore = KernelCheck(
    "receive-tells-of-more", .sockets,
    "A completed receive tells whether more bytes wait.",
    since: "5.19", without: "Nothing: it is a hint.", needs: [.pollFirst]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    let memory = try ring.memory()
    try far.write("12345678")
    try expect(near.waitUntilReadable(), "bytes do not arrive")
    let part = try ring.perform(.receive(near, into: memory, count: 4))
    let rest = try ring.perform(.receive(near, into: memory, count: 64))
    try expect(part.result == 4 && part.saysNonEmpty, "of 8 bytes: \(part)")
    try expect(rest.result == 4 && !rest.saysNonEmpty, "of the last 4: \(rest)")
  }

  /// What becomes of a connection that its peer resets.
  static let receiveReset = KernelCheck(
    "reset", .sockets,
    "After a reset by the peer a receive gives -ECONNRESET, and a send then -EPIPE.",
    since: "5.6", without: "No loop can be made.", tier: .oneShot, needs: [.receive, .send]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    let memory = try ring.memory()
    try far.reset()
    let received = try ring.perform(.receive(near, into: memory, count: 8))
    try expect(received.fails(with: .connectionReset), "receive: \(received)")
    let sent = try ring.perform(.send(near, memory, count: 8))
    try expect(sent.fails(with: .brokenPipe), "send: \(sent)")
  }
}

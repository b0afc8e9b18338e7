// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc
internal import Uring

extension KernelCheck {
  /// More than a socket's buffers hold.
  private static let large = 8 << 20

  /// MSG_WAITALL on sends.
  static let sendWhole = KernelCheck(
    "send-whole", .sockets,
    "A send that asks for it completes once all bytes are taken, not after a part.",
    since: "5.19", without: "The rest is sent by further requests, in order.",
    needs: [.pollFirst, .send]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    try near.setOption(SO_SNDBUF, 65536)
    let memory = try ring.memory(large)
    try ring.arm(.send(near, memory, count: large, flags: CURING_MSG_WAITALL))
    var received = 0
    while received < large, far.waitUntilReadable() {
      guard case .bytes(let count) = far.read(limit: 1 << 20) else { break }
      received += count
      // The kernel goes on sending in work that an enter runs.
      _ = ring.enterOnce()
    }
    let completion = try ring.only()
    try expect(completion.result == Int32(large), "of \(large) bytes: \(completion)")
  }

  /// Without MSG_WAITALL a send is whatever fitted.
  static let sendShort = KernelCheck(
    "send-short", .sockets,
    "A send that does not ask for it completes with the bytes that fitted.",
    since: "5.6", without: "Nothing: a send that takes all bytes is no harm.", needs: [.send]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.connection()
    try near.setOption(SO_SNDBUF, 65536)
    let memory = try ring.memory(large)
    // The peer's buffer may grow a few times; once both are full, a send waits.
    for _ in 0..<100 {
      try ring.submit(.send(near, memory, count: large))
      guard let completion = ring.arrived().first else { return }
      try expect(
        completion.result > 0 && completion.result < Int32(large),
        "of \(large) bytes: \(completion)")
    }
    throw .differs("a hundred sends complete and nobody receives")
  }

  /// IORING_OP_SENDMSG.
  static let sendMessage = KernelCheck(
    "send-message", .sockets,
    "A gathered send takes its pieces in order.",
    since: "5.3", without: "No loop can be made.", tier: .oneShot, needs: [.send]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    let memory = try ring.memory(holding: "worldhello ".utf8)
    let message = try ring.message([(memory.address(at: 5), 6), (memory.address, 5)])
    let completion = try ring.perform(
      RawRequest(9, on: near.descriptor, address: message.address, length: 1))
    try expect(completion.result == 11, "of 11 bytes: \(completion)")
    try expect(far.read() == .bytes(11), "the peer does not get 11 bytes")
  }

  /// IORING_SEND_VECTORIZED.
  static let sendVectorized = KernelCheck(
    "send-vectorized", .sockets,
    "A plain send takes a list of pieces.",
    since: "6.17", without: "Gathered sends use a message header."
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.pair()
    let memory = try ring.memory(holding: "once upon a time".utf8)
    let vectors = try ring.memory()
    vectors.store(memory.address, at: 0)
    vectors.store(UInt64(4), at: 8)
    vectors.store(memory.address(at: 4), at: 16)
    vectors.store(UInt64(12), at: 24)
    let completion = try ring.perform(
      .send(near, vectors, count: 2, start: RawRequest.Start.vectorized))
    try completion.requireKnown("IORING_SEND_VECTORIZED")
    // Kernels before it do not look at the flag and send two bytes.
    if completion.result == 2 { throw .absent("the kernel does not look at the flag") }
    try expect(completion.result == 16, "of 16 bytes: \(completion)")
    try expect(far.read() == .bytes(16), "the peer does not get 16 bytes")
  }
}

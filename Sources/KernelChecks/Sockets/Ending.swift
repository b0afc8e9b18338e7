internal import CLiburing
internal import Glibc
internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// Ten facts, 4: shutdown(2) is what ends a receive.
  static let shutdownEndsReceive = KernelCheck(
    "shutdown-ends-receive", .sockets,
    "shutdown(2) of a socket completes its waiting receive with 0.",
    since: "5.6", without: "No loop can be made.", tier: .oneShot, needs: [.receive]
  ) { bench throws(Finding) in
    let ring = try bench.ring()
    let (near, _) = try ring.connection()
    try ring.arm(.receive(near, into: ring.memory(), count: 64))
    near.shutDown()
    let completion = try ring.only()
    try expect(completion.result == 0, "\(completion)")
  }

  /// IORING_OP_SHUTDOWN is forced to a worker thread.
  static let shutdownByWorker = KernelCheck(
    "shutdown-by-request", .sockets,
    "A shutdown request works, but from a worker thread, so that the system call is cheaper.",
    since: "5.11", without: "The system call is used in any case.", needs: [.shutdown]
  ) { bench throws(Finding) in
    let ring = try bench.ring()
    let (near, far) = try ring.pair()
    let direction = UInt32(SHUT_RDWR)
    try ring.submit(RawRequest(CURING_OP_SHUTDOWN, on: near.descriptor, length: direction))
    let wasInline = ring.readyCount > 0
    let completion = try ring.only()
    try expect(completion.result == 0, "\(completion)")
    try expect(far.read() == .end, "the peer sees no end")
    bench.note =
      wasInline ? "completed within the submission" : "completed after the submission"
  }

  /// Ten facts, 4: close(2) alone says nothing to the peer while a request holds the file.
  static let closeWithArmedReceive = KernelCheck(
    "close-with-armed-receive", .sockets,
    "close(2) with a receive in flight completes nothing and tells the peer nothing.",
    since: "5.6", without: "Nothing: sockets are shut down and drained before they are closed.",
    tier: .oneShot, needs: [.receive, .cancel]
  ) { bench throws(Finding) in
    let ring = try bench.ring()
    let (near, far) = try ring.connection()
    try ring.arm(.receive(near, into: ring.memory(), count: 64))
    near.close()
    try expect(ring.arrived().isEmpty, "the receive completes")
    try expect(far.read() == .wouldBlock, "the peer sees \(far.read())")
    try ring.submit(.cancel(token: 1))
    let both = try ring.wait(2)
    try expect(both.first(of: 1)?.fails(with: .canceled) == true, "cancelled: \(both)")
    // The last reference is dropped by work that runs on the way out of the kernel.
    _ = ring.enterOnce()
    try expect(far.waitUntilReadable(), "the peer never sees an end")
    try expect(far.read() == .end, "the peer sees \(far.read())")
  }
}

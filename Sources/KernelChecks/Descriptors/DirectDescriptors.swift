// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// IORING_RSRC_REGISTER_SPARSE and IORING_FILE_INDEX_ALLOC.
  static let directTable = KernelCheck(
    "direct-descriptors", .descriptors,
    "Accepts put connections into a ring's own table, where receives and closes find them.",
    since: "5.19", without: "Connections take ordinary descriptors.",
    needs: [.directDescriptors, .acceptMultishot]
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.makeDirectTable(4)
    let listener = try ring.listener()
    try ring.arm(.acceptDirect(listener, start: RawRequest.Start.acceptMultishot).tagged(9))
    for round in 0..<2 {
      let client = try ring.client(of: listener)
      let place = try ring.only()
      try expect(place.result == 0 && place.isArmed, "round \(round): \(place)")
      try client.write("hello")
      let received = try ring.perform(
        .receive(place: 0, into: ring.memory(), count: 64))
      try expect(received.result == 5, "receive: \(received)")
      let closed = try ring.perform(.close(place: 0))
      try expect(closed.result == 0, "close: \(closed)")
      try expect(client.waitUntilReadable(), "the peer sees no end")
      try expect(client.read() == .end, "the peer sees \(client.read())")
    }
  }

  /// A full table.
  static let directTableFull = KernelCheck(
    "direct-descriptors-used-up", .descriptors,
    "An accept into a full table fails with -ENFILE.",
    since: "5.19", without: "Connections take ordinary descriptors.",
    needs: [.directDescriptors]
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.makeDirectTable(1)
    let listener = try ring.listener()
    _ = try ring.client(of: listener)
    _ = try ring.client(of: listener)
    let first = try ring.perform(.acceptDirect(listener))
    try expect(first.result == 0, "the first: \(first)")
    let second = try ring.perform(.acceptDirect(listener))
    try expect(second.fails(with: .tooManyOpenFilesInSystem), "the second: \(second)")
  }

  /// How large a table may be.
  static let directTableLimit = KernelCheck(
    "direct-descriptors-limit", .descriptors,
    "A table beyond RLIMIT_NOFILE is refused with EMFILE.",
    since: "5.19", without: "Connections take ordinary descriptors.",
    needs: [.directDescriptors]
  ) { context throws(Finding) in
    let ring = try context.ring()
    // IORING_MAX_FIXED_FILES bounds it as well.
    let limit = UInt32(min(ThreadRights.descriptorLimit, 1 << 20))
    let refused = try ring.tryDirectTable(limit + 1)
    try expect(refused == -Errno.tooManyOpenFiles.rawValue, "\(limit + 1) places: \(refused)")
  }

  /// IORING_REGISTER_FILE_ALLOC_RANGE.
  static let directRange = KernelCheck(
    "direct-descriptors-range", .descriptors,
    "The places that the kernel chooses from can be limited.",
    since: "6.0", without: "Nothing: the library lets the kernel choose from all.",
    needs: [.directDescriptors]
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.makeDirectTable(8)
    let range = try ring.memory(16)
    range.store(UInt32(5), at: 0)
    range.store(UInt32(2), at: 4)
    try ring.requireRegistration("IORING_REGISTER_FILE_ALLOC_RANGE", ring.register(25, range))
    let listener = try ring.listener()
    _ = try ring.client(of: listener)
    let place = try ring.perform(.acceptDirect(listener))
    try expect(place.result == 5 || place.result == 6, "\(place)")
  }

  /// IORING_OP_FIXED_FD_INSTALL.
  static let installDescriptor = KernelCheck(
    "install-descriptor", .descriptors,
    "A direct descriptor becomes an ordinary one as well.",
    since: "6.8", without: "A connection is accepted one way or the other.",
    needs: [.directDescriptors, .installDescriptor]
  ) { context throws(Finding) in
    let ring = try context.ring()
    try ring.makeDirectTable(2)
    let listener = try ring.listener()
    let client = try ring.client(of: listener)
    let place = try ring.perform(.acceptDirect(listener)).result
    let installed = try ring.perform(RawRequest(54, on: place).direct)
    let socket = try ring.socket(accepted: installed)
    try expect(socket.isClosedOnExec, "a child process would inherit the descriptor")
    try client.write("hello")
    try expect(socket.waitUntilReadable(), "bytes do not arrive")
    try expect(socket.read() == .bytes(5), "it is another connection")
  }
}

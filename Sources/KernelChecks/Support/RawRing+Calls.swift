// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import CReadiness
internal import Glibc
internal import SystemPackage
internal import Uring

/// Calls on a ring by its number alone, also from another thread.
extension RawRing {
  /// Enters a ring that may be someone else's, submitting at most one request; a negated errno.
  static func enter(on number: Int32, submitting count: UInt32 = 0, flags: UInt32 = 0) -> Int32 {
    io_uring_enter2(UInt32(bitPattern: number), count, 0, flags, nil, 0)
  }

  /// io_uring_setup(2) with a `struct io_uring_params` written by hand; a negated errno.
  static func setUp(entries: UInt32, _ parameters: PinnedMemory) -> Int32 {
    let address = unsafe UnsafeMutablePointer<curing_kernel_params>(
      bitPattern: UInt(parameters.address))
    return unsafe io_uring_setup(entries, address)
  }

  /// Whether a child process would lose the ring at execve(2).
  var isClosedOnExec: Bool { fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0 }

  /// Registers the ring's number in the small table of the thread; its place there.
  func registerDescriptor() throws(Finding) -> Int32 {
    // struct io_uring_rsrc_update: the place, where -1 means any; the descriptor.
    let update = try memory(16)
    update.store(UInt32.max, at: 0)
    update.store(UInt64(UInt32(bitPattern: descriptor)), at: 8)
    try requireRegistration("IORING_REGISTER_RING_FDS", register(20, update, count: 1))
    return update.load(Int32.self, at: 0)
  }
}

/// Other kinds of descriptors.
extension TestSocket {
  /// An eventfd(2).
  static func event() throws(Finding) -> TestSocket {
    TestSocket(adopting: try must("eventfd", eventfd(0, Int32(EFD_CLOEXEC))))
  }

  /// An epoll(7) instance that watches a socket for bytes.
  static func epoll(watching socket: TestSocket) throws(Finding) -> TestSocket {
    let set = TestSocket(adopting: try must("epoll_create1", epoll_create1(0)))
    var event = unsafe epoll_event()
    unsafe event.events = 1
    unsafe event.data.u64 = 77
    _ = try must(
      "epoll_ctl", unsafe epoll_ctl(set.descriptor, 1, socket.descriptor, &event))
    return set
  }

  /// Adds to an eventfd(2).
  func signal(_ count: UInt64) throws(Finding) {
    var count = count
    let written = unsafe Glibc.write(descriptor, &count, 8)
    guard written == 8 else { throw .skipped("write to an eventfd gives \(written)") }
  }
}

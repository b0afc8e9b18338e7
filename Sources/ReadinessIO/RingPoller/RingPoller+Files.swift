// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// Which file a number denotes: the one that was registered, or another that was given its number.
extension RingPoller {
  /// The number of a socket's inode, which no other open socket has; 0 for what is no socket.
  ///
  /// It has 32 bits and is never 0 (get_next_ino, fs/inode.c).
  ///
  /// - Throws: EBADF.
  mutating func socketNumber(of descriptor: FileDescriptor) throws(Errno) -> UInt32 {
    var status = stat()
    plainCallCount += 1
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw .current }
    guard status.st_mode & S_IFMT == S_IFSOCK else { return 0 }
    return UInt32(truncatingIfNeeded: status.st_ino)
  }

  /// Whether a descriptor denotes another file than at its registration, if it has one.
  ///
  /// Puts what is no socket on the list. A file without readiness is refused there; the kernel
  /// would poll it and call it ready at once.
  ///
  /// - Throws: EPERM, EMFILE, ENFILE, ENOMEM, ENOSPC.
  mutating func isNew(_ descriptor: FileDescriptor, socket: UInt32) throws(Errno) -> Bool {
    let registration = registrations[Int(descriptor.rawValue)]
    let mayBeKnown = registration.state.contains(.registered) && registration.socket == socket
    guard socket == 0 else { return !mayBeKnown }
    do throws(Errno) {
      try others.apply(.add, to: descriptor, &plainCallCount)
      return true
    } catch .fileExists {
      return !mayBeKnown
    }
  }

  /// The place of a registered descriptor.
  ///
  /// Ends the registration of one that was closed since, as epoll does.
  ///
  /// - Throws: EBADF, EPERM, ENOENT.
  mutating func registeredSlot(of descriptor: FileDescriptor) throws(Errno) -> Int {
    let slot = Int(descriptor.rawValue)
    let isRegistered =
      registrations.indices.contains(slot) && registrations[slot].state.contains(.registered)
      && registrations[slot].token != pollerReservedToken
    do throws(Errno) {
      let socket = try socketNumber(of: descriptor)
      if socket == 0 { try others.apply(.find, to: descriptor, &plainCallCount) }
      guard isRegistered, registrations[slot].socket == socket else {
        throw .noSuchFileOrDirectory
      }
      return slot
    } catch {
      let isClosed = [.badFileDescriptor, .notPermitted, .noSuchFileOrDirectory].contains(error)
      if isRegistered, isClosed { try release(slot) }
      throw error
    }
  }

  /// Ends a registration; when it returns, the kernel has let go of the file.
  mutating func release(_ slot: Int) throws(Errno) {
    let isArmed = registrations[slot].state.contains(.armed)
    try disarm(slot)
    registrations[slot].clear()
    guard isArmed else { return }
    try submit()
    try collectTaskWork()
  }
}

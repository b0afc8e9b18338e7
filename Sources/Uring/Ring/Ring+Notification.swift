// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
package import SystemPackage

extension Ring {
  /// Has the kernel signal an eventfd when completions come, or work that an enter would run.
  ///
  /// The ring's own descriptor does not do for rings with `deferTaskrun`: it polls readable while
  /// such work waits, but nobody who sleeps on it is woken (io_req_local_work_add, Linux 6.18).
  ///
  /// - Parameter descriptor: An eventfd; stays the caller's, and the kernel keeps its file.
  /// - Throws: EBUSY (there is one already), EBADF, EINVAL (not an eventfd), EACCES (the ring's
  ///   restriction), EEXIST (wrong thread).
  ///
  /// The corresponding C function is `io_uring_register_eventfd`.
  package mutating func notify(_ descriptor: FileDescriptor) throws(Errno) {
    let result = unsafe io_uring_register_eventfd(cell, descriptor.rawValue)
    guard result == 0 else { throw Errno(rawValue: -result) }
  }

  /// Has the kernel forget that it put a signal off.
  ///
  /// What a ring with `deferTaskrun` is to signal from within an eventfd's signal is put off, and that
  /// only once for each registration: nothing takes IO_EVENTFD_OP_SIGNAL_BIT back (io_eventfd_signal,
  /// Linux 6.18). So it is in Linux 6.12.117 from within any wake, which every event of a poll is
  /// (io_req_local_work_add, IOU_F_TWQ_IN_WAKE). Linux 7.3 puts these off too, but each one.
  ///
  /// - Parameter descriptor: The eventfd that ``notify(_:)`` was given.
  /// - Throws: ENOMEM and the errors of ``notify(_:)``: there is no eventfd then.
  ///
  /// The corresponding C functions are `io_uring_unregister_eventfd` and
  /// `io_uring_register_eventfd`.
  package mutating func renewNotification(_ descriptor: FileDescriptor) throws(Errno) {
    _ = unsafe io_uring_unregister_eventfd(cell)
    try notify(descriptor)
  }
}

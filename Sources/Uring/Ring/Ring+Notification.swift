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
}

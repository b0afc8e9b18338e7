// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
public import SystemPackage

extension Ring {
  /// Makes an empty table of direct descriptors.
  ///
  /// Connections accepted into the table take no entry in the process's descriptor table, so one
  /// process can hold as many as it has rings times the limit.
  ///
  /// - Parameter capacity: Places, at most `RLIMIT_NOFILE` (io_sqe_files_register).
  /// - Throws: EMFILE above the limit, EBUSY if there is a table already, EINVAL before
  ///   Linux 5.19, ENOMEM.
  ///
  /// The corresponding C function is `io_uring_register_files_sparse` (Linux 5.19).
  public mutating func makeDirectTable(capacity: UInt32) throws(Errno) {
    guard !hidden.contains(.directDescriptors) else { throw .invalidArgument }
    let result = unsafe io_uring_register_files_sparse(cell, capacity)
    guard result >= 0 else { throw Errno(rawValue: -result) }
  }

  /// Closes everything in the table and gives it up.
  ///
  /// - Throws: ENXIO if there is no table.
  ///
  /// The corresponding C function is `io_uring_unregister_files`.
  public mutating func dropDirectTable() throws(Errno) {
    let result = unsafe io_uring_unregister_files(cell)
    guard result >= 0 else { throw Errno(rawValue: -result) }
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension CheckContext {
  /// Sets a ring up in memory of the program's own (IORING_SETUP_NO_MMAP).
  ///
  /// - Returns: The ring's number, and the memory with its header.
  func ringInOwnMemory(
    flags: SetupFlags = []
  ) throws(Finding) -> (number: Int32, header: PinnedMemory) {
    let header = try PinnedMemory(byteCount: 4096)
    let entries = try PinnedMemory(byteCount: 4096)
    // struct io_uring_params: flags, then where requests and completions are to be.
    let parameters = try PinnedMemory(byteCount: 120)
    let wanted = SetupFlags.ownMemory.union(flags)
    parameters.store(wanted.rawValue, at: 8)
    parameters.store(entries.address, at: 72)
    parameters.store(header.address, at: 112)
    let number = RawRing.setUp(entries: 8, parameters)
    guard number >= 0 else { throw .refusedSetup(-number, wanted) }
    if !flags.contains(.registeredOnly) { keep(TestSocket(adopting: number)) }
    keep(header)
    keep(entries)
    return (number, header)
  }
}

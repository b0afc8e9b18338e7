// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Keeps the rings of one check, and what their requests touch, until the check ends.
final class CheckContext {
  private var rings: [RawRing] = []
  private var possessions: [AnyObject] = []
  /// A figure that the report shows beside the result.
  var note: String?

  /// A ring with the flags that the library uses on this kernel.
  func ring() throws(Finding) -> RawRing { try ring(flags: .usual) }

  /// A ring with the given flags and sizes.
  func ring(
    flags: SetupFlags, entries: UInt32 = 64, completions: UInt32 = 256
  ) throws(Finding) -> RawRing {
    let ring = try RawRing(flags: flags, entries: entries, completions: completions)
    rings.append(ring)
    return ring
  }

  /// Calls a closure with a ring, and then closes the ring while its requests are in flight.
  ///
  /// The memory of those requests must belong to another ring: the kernel writes to it even after
  /// the ring is closed.
  func withAbandonedRing(_ work: (RawRing) throws(Finding) -> Void) throws(Finding) {
    let ring = try RawRing()
    ring.isAbandoned = true
    try work(ring)
  }

  /// Keeps an object that no ring keeps, until the check ends.
  func keep(_ possession: AnyObject) {
    possessions.append(possession)
  }

  /// Closes everything; must be called on the thread that made the rings.
  func clear() {
    rings.removeAll()
    possessions.removeAll()
  }
}

extension SetupFlags {
  /// The best flags that this kernel takes and that the environment does not hide.
  static var usual: Self {
    let known = (try? KernelFeatures.discover()) ?? []
    var flags: Self = []
    if known.contains(.submitAll) { flags.insert(.submitAll) }
    if known.contains(.singleIssuer) { flags.insert(.singleIssuer) }
    if known.contains(.deferTaskrun) {
      flags.insert(.deferTaskrun)
    } else if known.contains(.coopTaskrun) {
      flags.insert(.coopTaskrun)
    }
    if known.contains(.taskrunFlag), !flags.isDisjoint(with: [.deferTaskrun, .coopTaskrun]) {
      flags.insert(.taskrunFlag)
    }
    return flags
  }

  // Flags that the library does not use; kernel ABI.

  /// IORING_SETUP_NO_MMAP, Linux 6.5.
  static let ownMemory = Self(rawValue: 1 << 14)
  /// IORING_SETUP_REGISTERED_FD_ONLY, Linux 6.5.
  static let registeredOnly = Self(rawValue: 1 << 15)
  /// IORING_SETUP_NO_SQARRAY, Linux 6.6.
  static let noArray = Self(rawValue: 1 << 16)
}

internal import Uring

/// What one check works with; rings and what they touch stay until the check ends.
final class Bench {
  private var rings: [RawRing] = []
  private var possessions: [AnyObject] = []
  /// A figure to tell beside the result.
  var note: String?

  /// A ring set up as the library does it here.
  func ring() throws(Finding) -> RawRing { try ring(flags: .usual) }

  /// A ring with flags and sizes of one's own.
  func ring(
    flags: SetupFlags, entries: UInt32 = 64, completions: UInt32 = 256
  ) throws(Finding) -> RawRing {
    let ring = try RawRing(flags: flags, entries: entries, completions: completions)
    rings.append(ring)
    return ring
  }

  /// Works with a ring that is closed afterwards with its requests in flight.
  ///
  /// The memory of those requests has to be another ring's, because a ring lets go of it late.
  func withAbandonedRing(_ work: (RawRing) throws(Finding) -> Void) throws(Finding) {
    let ring = try RawRing()
    ring.isAbandoned = true
    try work(ring)
  }

  /// Keeps something that belongs to no ring until the check ends.
  func keep(_ possession: AnyObject) {
    possessions.append(possession)
  }

  /// Closes everything, on the thread that made it.
  func clear() {
    rings.removeAll()
    possessions.removeAll()
  }
}

extension SetupFlags {
  /// The best set that this kernel takes and the environment leaves.
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

// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
public import SystemPackage

/// A submission queue and a completion queue shared with the kernel.
///
/// A ring belongs to the thread that makes it: with `singleIssuer` the kernel refuses every other
/// one (-EEXIST). It decides nothing and retries nothing.
///
/// Dropping a ring closes it, which the kernel finishes later and on its own (io_uring_setup(2)):
/// memory of requests that are still in flight must outlive them, so cancel and drain first.
@safe
public struct Ring: ~Copyable {
  /// The C struct has an address of its own, because the kernel and liburing keep pointers into
  /// it; `&self` of a Swift value promises none beyond a call.
  let cell: UnsafeMutablePointer<io_uring>
  /// The flags that the kernel took.
  public let flags: SetupFlags
  /// Facts that the kernel told of the ring.
  public let features: RingFeatures
  /// Places in the submission queue, as the kernel made it.
  public let submissionEntryCount: UInt32
  /// Places in the completion queue, as the kernel made it.
  public let completionEntryCount: UInt32
  /// Whether the kernel looks the ring up by its number in a small table of the thread.
  let isDescriptorRegistered: Bool
  /// Features that the ring behaves as if it did not have them.
  let hidden: KernelFeatures
  /// Whether buffers are given by requests, on a kernel without rings of them.
  var providesByRequest = false
  /// The times of prepared timeouts, one a place of the submission queue; made for the first one.
  var times: UnsafeMutablePointer<__kernel_timespec>?
  /// How often the ring has entered the kernel.
  public internal(set) var enterCount: UInt64 = 0

  /// Makes a ring for the calling thread.
  ///
  /// - Parameter configuration: Sizes, and the sets of flags to try.
  /// - Throws: ``RingSetupError`` with the errno of io_uring_setup(2) and what it means here:
  ///   EPERM, ENOSYS, ENOMEM, EMFILE, ENFILE, EINVAL; EOPNOTSUPP for a kernel that is too old.
  ///
  /// The corresponding C functions are `io_uring_setup` and `io_uring_queue_mmap`.
  public init(_ configuration: RingConfiguration = RingConfiguration()) throws(RingSetupError) {
    try KernelFeatures.requireKnownNames()
    try self.init(configuration, hiding: .hiddenByEnvironment)
  }

  init(
    _ configuration: RingConfiguration, hiding hidden: KernelFeatures
  ) throws(RingSetupError) {
    var parameters = curing_kernel_params()
    let descriptor = try Self.setUp(configuration.hiding(hidden), &parameters)
    let cell = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
    unsafe cell.initialize(to: io_uring())
    let mapped = unsafe curing_map(descriptor, &parameters, cell)
    guard mapped == 0 else {
      unsafe cell.deallocate()
      try? FileDescriptor(rawValue: descriptor).close()
      throw .diagnose(Errno(rawValue: -mapped))
    }
    do throws(RingSetupError) {
      unsafe try configuration.restriction?.restrict(cell)
    } catch {
      unsafe io_uring_queue_exit(cell)
      unsafe cell.deallocate()
      throw error
    }
    unsafe self.cell = unsafe cell
    flags = SetupFlags(rawValue: parameters.flags)
    features = RingFeatures(rawValue: parameters.features).subtracting(hidden.ringFeatures)
    self.hidden = hidden
    submissionEntryCount = parameters.sq_entries
    completionEntryCount = parameters.cq_entries
    // A registered descriptor spares each enter a look-up (Linux 5.18); without it all works.
    let mayRegister =
      configuration.registersDescriptor && !hidden.contains(.registeredRingDescriptor)
    isDescriptorRegistered = unsafe mayRegister && io_uring_register_ring_fd(cell) == 1
  }

  deinit {
    unsafe io_uring_queue_exit(cell)
    unsafe cell.deallocate()
    unsafe times?.deallocate()
  }

  /// The ring's own descriptor, for messages from other rings and for looking at it.
  public var descriptor: FileDescriptor {
    FileDescriptor(rawValue: unsafe cell.pointee.ring_fd)
  }
}

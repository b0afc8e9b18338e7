/// What a ring takes from its program, whatever the program is made to do later.
///
/// The list is given to the kernel before the ring takes its first request, and no one can change
/// it afterwards. Requests that are not on it complete with -EACCES; registrations, except those
/// that undo earlier ones, fail with EACCES.
public struct RingRestriction: Hashable, Sendable {
  /// The requests that are taken.
  public var operations: Set<Operation>

  /// Allows some requests.
  ///
  /// - Parameter operations: A timer is no request and needs none.
  public init(operations: Set<Operation>) {
    self.operations = operations
  }

  /// Allows what loops, sockets and pollers of this package ask for: the ring opens no file,
  /// makes no socket and runs no command of a driver.
  ///
  /// The kernel's timeouts are not on the list, because loops keep their deadlines themselves. A list
  /// with ``Operation/linkTimeout`` also allows links between requests.
  ///
  /// The corresponding C constant is `IORING_REGISTER_RESTRICTIONS` (Linux 5.10).
  public static let networking = Self(
    operations: Set(Operation.allCases).subtracting([.timeout, .linkTimeout]))
}

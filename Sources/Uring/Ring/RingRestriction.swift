// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

/// The requests that a ring takes from its program, whatever the program is made to do later.
///
/// The list is given to the kernel before the ring takes its first request, and no one can change
/// it afterwards. Requests that are not on it complete with -EACCES; registrations, except those
/// that undo earlier ones, fail with EACCES.
public struct RingRestriction: Hashable, Sendable {
  /// The requests that are taken.
  public var operations: Set<Operation>

  /// Allows some requests.
  ///
  /// - Parameter operations: Any for a bare ring, ``requiredByLoop`` at least for a loop's. A timer
  ///   is no request and need not be named.
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

  /// Requests that a completion loop cannot do without, whatever its program asks for.
  ///
  /// A read of an eventfd wakes it, cancels end its operations, closes give descriptors back, polls
  /// confirm how a connection has ended and stand in for what older kernels lack, and a list with
  /// receives also lets buffers be given to a kernel that cannot register them.
  public static let requiredByLoop: Set<Operation> = [.receive, .poll, .read, .cancel, .close]

  /// The operations that a completion loop needs and that are not allowed, in the order of
  /// ``Operation``; none where a loop can live with the list.
  public var operationsLackedByLoop: [Operation] {
    Operation.allCases.filter { Self.requiredByLoop.contains($0) && !operations.contains($0) }
  }

  /// Refuses a list that a completion loop cannot live with.
  ///
  /// - Throws: ``RingSetupError`` with ``RingSetupError/Reason/restrictionLacks(_:)`` and EINVAL.
  public func requireForLoop() throws(RingSetupError) {
    let lacked = operationsLackedByLoop
    guard lacked.isEmpty else {
      throw RingSetupError(errno: .invalidArgument, reason: .restrictionLacks(lacked))
    }
  }
}

internal import CReadiness
internal import Glibc
internal import SystemPackage
internal import Uring

/// Ends a poller's wait from any thread.
///
/// A wake is never lost and never counted: one that comes while nobody waits ends the next wait,
/// and several that come together end one wait.
public final class PollerWaker: Sendable {
  /// Any thread signals it, only the poller's thread takes from it.
  private let event: EventDescriptor

  init() throws(Errno) {
    event = try EventDescriptor()
  }

  /// Makes the poller's wait return.
  ///
  /// The corresponding C function is `eventfd_write`.
  public func wake() {
    event.signal()
  }

  /// The descriptor that a poller watches: readable while a wake is pending.
  var descriptor: FileDescriptor { event.descriptor }

  /// Takes all pending wakes.
  ///
  /// Called only when the descriptor is readable, so it does not wait.
  func drain() {
    var count: eventfd_t = 0
    _ = unsafe eventfd_read(descriptor.rawValue, &count)
  }
}

extension Errno {
  /// The calling thread's last error.
  static var current: Errno { Errno(rawValue: Glibc.errno) }
}

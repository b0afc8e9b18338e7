internal import CLiburing
internal import Glibc
package import SystemPackage

/// A counter in the kernel that wakes a loop: eventfd(2).
package final class EventDescriptor: Sendable {
  package let descriptor: FileDescriptor

  package init() throws(Errno) {
    let result = eventfd(0, Int32(EFD_CLOEXEC))
    guard result >= 0 else { throw Errno(rawValue: Glibc.errno) }
    descriptor = FileDescriptor(rawValue: result)
  }

  deinit {
    try? descriptor.close()
  }

  /// Adds one.
  ///
  /// Cannot fail: the counter would have to reach 2⁶⁴-1 first.
  package func signal() {
    var one: UInt64 = 1
    _ = unsafe write(descriptor.rawValue, &one, MemoryLayout<UInt64>.size)
  }
}

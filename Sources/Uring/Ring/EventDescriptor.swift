// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc
package import SystemPackage

/// A counter in the kernel that wakes a loop: eventfd(2).
package final class EventDescriptor: Sendable {
  package let descriptor: FileDescriptor

  /// Makes a counter.
  ///
  /// - Parameter reads: How reads of 0 go: they wait, as a ring's read has to, or they do not.
  /// - Throws: What eventfd(2) says.
  package init(reads: Reads = .wait) throws(Errno) {
    let result = eventfd(0, Int32(EFD_CLOEXEC) | (reads == .wait ? 0 : Int32(EFD_NONBLOCK)))
    guard result >= 0 else { throw Errno(rawValue: Glibc.errno) }
    descriptor = FileDescriptor(rawValue: result)
  }

  /// How a read of 0 goes.
  package enum Reads {
    case wait
    case atOnce
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

  /// Sets it to 0; only of a counter whose reads do not wait.
  package func reset() {
    var count: UInt64 = 0
    _ = unsafe read(descriptor.rawValue, &count, MemoryLayout<UInt64>.size)
  }
}

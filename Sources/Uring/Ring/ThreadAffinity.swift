// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
package import SystemPackage

/// The CPUs that the calling thread may run on.
package enum ThreadAffinity {
  /// CPUs that a thread may be bound to: as many as x86 may have (`CONFIG_NR_CPUS`).
  private static let limit = 8192

  /// The numbers of the CPUs, in ascending order.
  ///
  /// The corresponding C function is `sched_getaffinity`.
  package static var allowed: [Int] {
    var bits = [UInt64](repeating: 0, count: limit / 64)
    let byteCount = unsafe bits.withUnsafeMutableBufferPointer {
      unsafe curing_get_affinity($0.baseAddress, $0.count * 8)
    }
    guard byteCount > 0 else { return [] }
    return (0..<limit).filter { bits[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }

  /// Binds the calling thread to one CPU.
  ///
  /// - Parameter cpu: The number of a CPU.
  /// - Throws: EINVAL for one that is not there, or that the process may not use.
  ///
  /// The corresponding C function is `sched_setaffinity`.
  package static func bind(to cpu: Int) throws(Errno) {
    guard (0..<limit).contains(cpu) else { throw .invalidArgument }
    var bits = [UInt64](repeating: 0, count: limit / 64)
    bits[cpu / 64] = 1 << UInt64(cpu % 64)
    let result = unsafe bits.withUnsafeBufferPointer {
      unsafe curing_set_affinity($0.baseAddress, $0.count * 8)
    }
    guard result == 0 else { throw Errno(rawValue: -result) }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The CPUs this process may use, and binding to one of them.
enum CPUs {
  /// The numbers of the CPUs the calling thread may run on.
  static var allowed: [Int] {
    var numbers = [Int32](repeating: 0, count: 1024)
    let count = unsafe clinux_allowed_cpus(&numbers, Int32(numbers.count))
    return numbers.prefix(Int(max(0, count))).map(Int.init)
  }

  /// Binds the calling thread to `cpu`; processes it starts inherit that.
  static func pin(to cpu: Int) throws(SystemFailure) {
    guard clinux_pin_thread(Int32(cpu)) == 0 else {
      throw SystemFailure("sched_setaffinity to CPU \(cpu)")
    }
  }

  /// The CPUs that share a core with `cpu`, itself included; empty when the kernel does not say.
  static func siblings(of cpu: Int) -> Set<Int> {
    let path = "/sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list"
    var numbers: Set<Int> = []
    for part in (TextFile.read(path) ?? "").split(whereSeparator: { $0 == "," || $0 == "\n" }) {
      let bounds = part.split(separator: "-").compactMap { Int($0) }
      guard let low = bounds.first, let high = bounds.last, low <= high else { continue }
      numbers.formUnion(low...high)
    }
    return numbers
  }
}

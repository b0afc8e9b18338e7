// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Memory that a machine can still give, in bytes.
struct FreeMemory: Equatable, Sendable {
  /// To processes: `MemAvailable` of proc_meminfo(5).
  let available: UInt64
  /// To the buffers of TCP before it is sparing with them: the first number of `tcp_mem`, tcp(7).
  let tcp: UInt64

  static func current() -> FreeMemory {
    let words = (TextFile.read("/proc/meminfo") ?? "").split { $0 == " " || $0 == "\n" }
    let available = words.firstIndex(of: "MemAvailable:").flatMap { index in
      index + 1 < words.count ? UInt64(words[index + 1]) : nil
    }
    let limits = (TextFile.read("/proc/sys/net/ipv4/tcp_mem") ?? "").split { $0.isWhitespace }
    let pages = limits.first.flatMap { UInt64($0) }
    // Where the kernel does not tell, as much as a small machine has.
    return FreeMemory(
      available: (available ?? 1 << 20) * 1024,
      tcp: (pages ?? 1 << 15) * UInt64(sysconf(Int32(_SC_PAGESIZE))))
  }
}

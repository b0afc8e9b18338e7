// SPDX-License-Identifier: Apache-2.0

/// Memory of the kernel for its objects at one moment.
enum KernelMemory: Equatable {
  /// By cache; only root may read it.
  case caches(SlabInfo)
  /// `Slab` in /proc/meminfo, in bytes.
  case total(Int)

  /// Of all caches, in bytes.
  var bytes: Int {
    switch self {
    case .caches(let slabs): slabs.caches.values.reduce(0) { $0 + $1.objects * $1.objectBytes }
    case .total(let bytes): bytes
    }
  }

  /// The memory once it has stopped falling: the kernel frees connections and rings some time after
  /// the end of their process.
  ///
  /// - Parameter pause: Waits a moment; called until the memory is steady, at most 200 times.
  /// - Returns: the memory; nil where /proc does not tell.
  static func steady(pause: () -> Void) -> KernelMemory? {
    var last = read()
    for _ in 0..<200 {
      pause()
      let now = read()
      let isFalling = (now?.bytes ?? 0) < (last?.bytes ?? 0) / 1000 * 999
      last = now
      if !isFalling { break }
    }
    return last
  }

  /// The memory now; nil where /proc does not tell.
  static func read() -> KernelMemory? {
    if let slabs = TextFile.read("/proc/slabinfo").flatMap(SlabInfo.init) { return .caches(slabs) }
    return ProcFile.bytes(of: "Slab", in: TextFile.read("/proc/meminfo") ?? "").map { .total($0) }
  }
}

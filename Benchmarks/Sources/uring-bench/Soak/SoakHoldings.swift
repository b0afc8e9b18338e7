// SPDX-License-Identifier: Apache-2.0

import CLinux
import CompletionIO
import Glibc

/// What a process with loops holds at one moment.
struct SoakHoldings: Codable, Equatable, Sendable {
  /// Open descriptors that are no pipes.
  var descriptors = 0
  /// Sums over all loops, as `LoopLoad` counts them.
  var operations = 0
  var waits = 0
  var timers = 0
  var sockets = 0
  var acceptedConnections = 0
  var servingTasks = 0
  var leasedBuffers = 0
  var unclaimedBytes = 0
  var unsentBytes = 0

  /// Asks the loops and the kernel.
  static func current(_ groups: [CompletionLoopGroup]) async -> SoakHoldings {
    var load = LoopLoad()
    for group in groups {
      for snapshot in await group.statistics() { load += snapshot.load }
    }
    return SoakHoldings(
      descriptors: OpenDescriptors.current().others, operations: load.operations,
      waits: load.waits, timers: load.timers, sockets: load.sockets,
      acceptedConnections: load.acceptedConnections, servingTasks: load.servingTasks,
      leasedBuffers: load.leasedBuffers, unclaimedBytes: load.unclaimedBytes,
      unsentBytes: load.unsentBytes)
  }

  /// What is not as it was, in words.
  func differences(from start: SoakHoldings) -> [String] {
    let pairs = [
      ("descriptors", descriptors, start.descriptors),
      ("operations on their way", operations, start.operations),
      ("waits", waits, start.waits), ("timers", timers, start.timers),
      ("sockets", sockets, start.sockets),
      ("accepted connections", acceptedConnections, start.acceptedConnections),
      ("serving tasks", servingTasks, start.servingTasks),
      ("leased buffers", leasedBuffers, start.leasedBuffers),
      ("unclaimed bytes", unclaimedBytes, start.unclaimedBytes),
      ("unsent bytes", unsentBytes, start.unsentBytes),
    ]
    return pairs.filter { $0.1 != $0.2 }.map { "\($0.1) \($0.0) instead of \($0.2)" }
  }
}

/// The open descriptors of this process: proc_pid_fd(5).
struct OpenDescriptors {
  /// Ends of pipes, of which a loop keeps some for relays once it has used them.
  var pipeEnds = 0
  var others = 0

  /// What a loop keeps at most: 8 pipes.
  static let pipeEndsOfLoop = 16

  static func current() -> OpenDescriptors {
    var open = OpenDescriptors()
    guard let folder = unsafe opendir("/proc/self/fd") else { return open }
    defer { unsafe closedir(folder) }
    let own = unsafe dirfd(folder)
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      guard let number = Int32(name), number != own else { continue }
      var status = stat()
      guard unsafe fstat(number, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFIFO { open.pipeEnds += 1 } else { open.others += 1 }
    }
    return open
  }
}

/// The memory of this process.
struct SoakMemory: Codable, Equatable, Sendable {
  /// Resident set, after malloc(3) has given back what it kept for later.
  let residentBytes: UInt64
  /// Bytes from malloc(3) that are not freed.
  let heapBytes: UInt64

  static func current() -> SoakMemory {
    clinux_trim_heap()
    let resident = (try? ProcessUsage(of: getpid()))?.residentBytes
    return SoakMemory(residentBytes: resident ?? 0, heapBytes: clinux_heap_bytes())
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import SystemPackage
import TestSupport

/// A thread that another one sees fall asleep, and interrupts.
final class WatchedThread: Sendable {
  /// Its name under /proc/self/task; 0 until it is about to sleep.
  private let number = Atomic<Int>(0)

  /// Tells that the calling thread sleeps next in what is to be interrupted.
  func isAboutToSleep() {
    number.store(Self.currentNumber(), ordering: .releasing)
  }

  /// Waits until the thread sleeps (proc_pid_stat(5), state S).
  func waitUntilAsleep() {
    while number.load(ordering: .acquiring) == 0 { sched_yield() }
    let path = FilePath("/proc/self/task/\(number.load(ordering: .acquiring))/stat")
    while Self.state(at: path) != UInt8(ascii: "S") { sched_yield() }
    number.store(0, ordering: .releasing)
  }

  /// The first byte behind the name, which stands in parentheses.
  private static func state(at path: FilePath) -> UInt8? {
    guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 256)
    guard let count = unsafe try? bytes.withUnsafeMutableBytes({ unsafe try file.read(into: $0) }),
      let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count
    else { return nil }
    return bytes[end + 2]
  }

  private static func currentNumber() -> Int {
    var bytes = [CChar](repeating: 0, count: 64)
    let count = unsafe readlink("/proc/thread-self", &bytes, bytes.count - 1)
    let link = String(
      decoding: bytes[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return link.split(separator: "/").last.flatMap { Int($0) } ?? 0
  }
}

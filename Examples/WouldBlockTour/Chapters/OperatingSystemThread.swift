// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import SystemPackage

/// A thread of the operating system, which can be seen sleeping.
final class OperatingSystemThread: Sendable {
  private let body: Body
  private let thread: pthread_t

  /// What both threads see.
  private final class Body: Sendable {
    /// The thread's number in /proc/self/task; 0 until it is about to run.
    let number = Atomic<Int>(0)
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }

    func run() {
      number.store(Self.currentNumber, ordering: .releasing)
      body()
    }

    /// /proc/thread-self points to `<process>/task/<thread>` (proc(5)).
    private static var currentNumber: Int {
      var text = [CChar](repeating: 0, count: 64)
      let count = unsafe readlink("/proc/thread-self", &text, text.count)
      let bytes = text.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
      let path = String(decoding: bytes, as: UTF8.self)
      return path.split(separator: "/").last.flatMap { Int($0) } ?? -1
    }
  }

  init(_ run: @escaping @Sendable () -> Void) throws {
    body = Body(run)
    let context = unsafe Unmanaged.passRetained(body)
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      unsafe context.release()
      throw Errno(rawValue: code)
    }
    self.thread = thread
  }

  /// Returns when the kernel says that the thread sleeps.
  func waitUntilAsleep() throws {
    while body.number.load(ordering: .acquiring) == 0 { sched_yield() }
    let path = FilePath("/proc/self/task/\(body.number.load(ordering: .relaxed))/stat")
    while try Self.state(at: path) != "S" { sched_yield() }
  }

  /// The state stands behind the name in parentheses; S is an interruptible sleep (proc(5)).
  private static func state(at path: FilePath) throws -> Character? {
    let file = try FileDescriptor.open(path, .readOnly)
    var text = [UInt8](repeating: 0, count: 256)
    let count = try file.closeAfter {
      unsafe try text.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
    }
    let fields = String(decoding: text[..<count], as: UTF8.self).split(separator: ")")
    return fields.last?.dropFirst().first
  }

  func join() {
    pthread_join(thread, nil)
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What to say should the program crash: only what write(2) can say in a signal handler.
enum CrashNote {
  private static let limit = 100
  private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS]

  private nonisolated(unsafe) static let memory: UnsafeMutableRawPointer = {
    for (index, number) in signals.enumerated() {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { number in
        unsafe _ = write(STDERR_FILENO, CrashNote.memory, CrashNote.limit)
        // Whoever was to hear of it first, hears of it now: the instruction is tried again.
        let index = CrashNote.signals.firstIndex(of: number) ?? 0
        unsafe sigaction(number, CrashNote.previous + index, nil)
      }
      unsafe sigaction(number, &action, previous + index)
    }
    return UnsafeMutableRawPointer.allocate(byteCount: limit, alignment: 1)
  }()

  private nonisolated(unsafe) static let previous: UnsafeMutablePointer<sigaction> = {
    let memory = UnsafeMutablePointer<sigaction>.allocate(capacity: signals.count)
    unsafe memory.initialize(repeating: sigaction(), count: signals.count)
    return unsafe memory
  }()

  /// Changes what would be said, in a line padded with spaces.
  static func set(_ text: String) {
    let spaces = Array(repeating: UInt8(ascii: " "), count: limit)
    let bytes = Array((Array(text.utf8) + spaces).prefix(limit - 1)) + [UInt8(ascii: "\n")]
    unsafe memory.copyMemory(from: bytes, byteCount: limit)
  }
}

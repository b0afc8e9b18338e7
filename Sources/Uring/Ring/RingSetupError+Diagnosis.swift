// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
package import SystemPackage

/// Facts of the machine that can be seen when a set-up is refused.
package struct SetupCircumstances: Hashable, Sendable {
  /// `kernel.io_uring_disabled`, where the kernel has it (Linux 6.6).
  package var sysctlLevel: Int?
  /// Whether a seccomp filter is installed on the thread (`Seccomp: 2` in
  /// proc_pid_status(5)).
  package var hasSeccompFilter: Bool
  /// `RLIMIT_MEMLOCK` in bytes; `nil` where there is no limit or CAP_IPC_LOCK lifts it.
  package var lockedMemoryByteCount: UInt64?

  package init(sysctlLevel: Int?, hasSeccompFilter: Bool, lockedMemoryByteCount: UInt64?) {
    self.sysctlLevel = sysctlLevel
    self.hasSeccompFilter = hasSeccompFilter
    self.lockedMemoryByteCount = lockedMemoryByteCount
  }
}

extension RingSetupError {
  /// Tells what an errno of io_uring_setup(2) means under given circumstances.
  package static func diagnose(
    _ errno: Errno, under circumstances: SetupCircumstances
  ) -> RingSetupError {
    RingSetupError(errno: errno, reason: reason(for: errno, under: circumstances))
  }

  private static func reason(
    for errno: Errno, under circumstances: SetupCircumstances
  ) -> Reason {
    switch errno {
    case .notPermitted, .permissionDenied:
      if let level = circumstances.sysctlLevel, level > 0 { return .disabledBySysctl(level: level) }
      return circumstances.hasSeccompFilter ? .blockedBySeccomp : .notPermitted
    case .noFunction:
      return circumstances.hasSeccompFilter ? .blockedBySeccomp : .notImplemented
    case .noMemory:
      guard let byteCount = circumstances.lockedMemoryByteCount else { return .outOfMemory }
      return .lockedMemoryLimit(byteCount: byteCount)
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
      return .descriptorLimit
    case .resourceTemporarilyUnavailable:
      return .threadLimit  // Of pthread_create(3) alone.
    case .invalidArgument:
      return .invalidConfiguration
    default:
      return .other
    }
  }

  /// Tells what an errno of io_uring_setup(2) means on this machine, now.
  package static func diagnose(_ errno: Errno) -> RingSetupError {
    diagnose(errno, under: .current)
  }
}

extension RingSetupError {
  /// Tells which field of a configuration cannot be as it is.
  ///
  /// - Parameters:
  ///   - field: As the program writes it, such as `LoopConfiguration.bufferCount`.
  ///   - value: What it is.
  ///   - rule: Follows "it must be", such as `at least 1`.
  /// - Returns: The error, with EINVAL.
  package static func badConfiguration(
    _ field: String, _ value: some CustomStringConvertible, rule: String
  ) -> RingSetupError {
    RingSetupError(
      errno: .invalidArgument,
      reason: .badConfiguration(field: field, value: value.description, rule: rule))
  }

  /// Tells what an errno of ``BufferPool/init(capacity:bufferSize:group:)`` means for a loop.
  package static func diagnoseBuffers(
    _ errno: Errno, bufferCount: Int, bufferSize: Int
  ) -> RingSetupError {
    guard errno == .noMemory else { return diagnose(errno) }
    let byteCount = bufferCount.multipliedReportingOverflow(by: bufferSize).partialValue
    return RingSetupError(errno: errno, reason: .bufferMemory(byteCount: byteCount))
  }
}

extension SetupCircumstances {
  /// The facts of this machine and process.
  package static var current: Self {
    let limit = curing_locked_memory_limit()
    let isLimited = limit != .max && !hasCapability(.lockMemory)
    return Self(
      sysctlLevel: firstLine(of: "/proc/sys/kernel/io_uring_disabled").flatMap { Int($0) },
      hasSeccompFilter: threadStatus("Seccomp") == "2",
      lockedMemoryByteCount: isLimited ? limit : nil
    )
  }

  /// Bits of the effective set in proc_pid_status(5), as capabilities(7) numbers them.
  private enum Capability: UInt64 {
    case lockMemory = 14
  }

  private static func hasCapability(_ capability: Capability) -> Bool {
    guard let digits = threadStatus("CapEff"), let set = UInt64(digits, radix: 16) else {
      return false
    }
    return set & 1 << capability.rawValue != 0
  }

  /// A line of the calling thread's status: filters and capabilities belong to threads.
  private static func threadStatus(_ key: String) -> String? {
    contents(of: "/proc/thread-self/status")?.split(separator: "\n")
      .first { $0.hasPrefix(key + ":") }
      .flatMap { $0.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " }).last }
      .map(String.init)
  }

  private static func firstLine(of path: String) -> String? {
    contents(of: path)?.split(separator: "\n").first.map(String.init)
  }

  private static func contents(of path: String) -> String? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
    else { return nil }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 8192)
    guard let count = unsafe try? bytes.withUnsafeMutableBytes({ unsafe try file.read(into: $0) })
    else { return nil }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}

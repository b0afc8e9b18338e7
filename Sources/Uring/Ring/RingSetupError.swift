// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// Why a ring could not be made, and what to do about it.
public struct RingSetupError: Error, Hashable, Sendable {
  /// The kernel's answer; EINVAL for a configuration that is refused without asking the kernel.
  public let errno: Errno
  /// The meaning of the answer on this machine.
  public let reason: Reason

  /// Describes a refusal, for instance in a test.
  public init(errno: Errno, reason: Reason) {
    self.errno = errno
    self.reason = reason
  }

  /// An obstacle.
  public enum Reason: Hashable, Sendable {
    /// `kernel.io_uring_disabled` is 1 (only a group may) or 2 (nobody may). Linux 6.6.
    case disabledBySysctl(level: Int)
    /// A seccomp filter answers for the kernel, as container runtimes install it.
    case blockedBySeccomp
    /// A security module refuses.
    case notPermitted
    /// The kernel has no io_uring.
    case notImplemented
    /// The kernel has io_uring but not what this library needs.
    case kernelTooOld(missing: String)
    /// The user's locked memory is used up; a ring is charged to it.
    case lockedMemoryLimit(byteCount: UInt64)
    /// The kernel had no memory.
    case outOfMemory
    /// There was no memory for a loop's receive buffers.
    case bufferMemory(byteCount: Int)
    /// The user, the system or a control group has too many threads.
    case threadLimit
    /// The process or the system has too many open files.
    case descriptorLimit
    /// The kernel refused an argument, and none of the fields explains it.
    case invalidConfiguration
    /// A field of the configuration has a value that it cannot have.
    case badConfiguration(field: String, value: String, rule: String)
    /// A loop's ``RingConfiguration/restriction`` does not allow what a loop cannot do without.
    case restrictionLacks([Operation])
    /// Anything else; see the errno.
    case other
  }
}

extension RingSetupError: CustomStringConvertible {
  /// The failure, its reason, and the remedy, in one line.
  public var description: String {
    switch reason {
    case .badConfiguration, .restrictionLacks:
      "the configuration is refused: \(advice)"
    case .bufferMemory:
      "cannot map receive buffers: \(errno) (\(errno.rawValue)); \(advice)"
    case .threadLimit:
      "cannot make a loop's thread: \(errno) (\(errno.rawValue)); \(advice)"
    default:
      "cannot make an io_uring: \(errno) (\(errno.rawValue)); \(advice)"
    }
  }

  /// The obstacle and its remedy.
  public var advice: String {
    switch reason {
    case .disabledBySysctl(let level):
      """
      the sysctl kernel.io_uring_disabled is \(level); set it to 0, or with 1 add the user to the \
      group named by kernel.io_uring_group
      """
    case .blockedBySeccomp:
      """
      a seccomp filter blocks io_uring, as the default profiles of container runtimes do; allow \
      io_uring_setup, io_uring_enter and io_uring_register
      """
    case .notPermitted:
      "a security module refuses io_uring to this process; look at its audit log"
    case .notImplemented:
      "this kernel was built without io_uring, or a sandbox hides it; Linux 5.13 or later has it"
    case .kernelTooOld(let missing):
      "this kernel lacks \(missing); use Linux 6.1 or later"
    case .lockedMemoryLimit(let byteCount):
      """
      the locked-memory limit of \(byteCount) bytes is used up; raise RLIMIT_MEMLOCK, grant \
      CAP_IPC_LOCK, or lower submissionEntryCount and completionEntryCount of RingConfiguration
      """
    case .outOfMemory:
      """
      the kernel has no memory for it; free some, or lower submissionEntryCount and \
      completionEntryCount of RingConfiguration
      """
    case .bufferMemory(let byteCount):
      """
      a loop's buffers take \(byteCount) bytes; lower LoopConfiguration.bufferCount or \
      LoopConfiguration.bufferSize
      """
    case .threadLimit:
      """
      raise RLIMIT_NPROC, the sysctl kernel.threads-max or the control group's pids.max, or make \
      fewer loops
      """
    case .descriptorLimit where errno == .tooManyOpenFilesInSystem:
      "the whole system has too many open files; raise the sysctl fs.file-max"
    case .descriptorLimit:
      "too many open files; raise RLIMIT_NOFILE or make fewer rings"
    case .invalidConfiguration:
      "the kernel takes none of RingConfiguration.flagLadder with these queue sizes"
    case .badConfiguration(let field, let value, let rule):
      "\(field) is \(value); it must be \(rule)"
    case .restrictionLacks(let operations):
      """
      RingConfiguration.restriction does not allow \
      \(operations.map { "\($0)" }.joined(separator: ", ")), which a loop cannot do without; add \
      RingRestriction.requiredByLoop to its operations
      """
    case .other:
      "no known cause"
    }
  }
}

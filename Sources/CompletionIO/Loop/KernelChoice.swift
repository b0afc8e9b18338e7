// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Uring

/// The interface of the kernel that a loop is to use.
public enum KernelChoice: String, CaseIterable, Hashable, Sendable {
  /// A ring where the kernel gives one, readiness where it does not.
  case automatic
  /// A ring, or an error that says why there is none.
  case ring
  /// Readiness; no ring is made.
  case readiness

  /// The environment variable that decides instead of the program: `ring` or `readiness`.
  public static let environmentVariable = "SWIFT_URING_KERNEL"

  /// The choice of the environment, or else this one.
  ///
  /// - Throws: ``RingSetupError`` with ``RingSetupError/Reason/badConfiguration(field:value:rule:)``
  ///   when the environment names no choice.
  func overridden() throws(RingSetupError) -> Self {
    guard let value = unsafe getenv(Self.environmentVariable) else { return self }
    return try overridden(by: unsafe String(cString: value))
  }

  func overridden(by text: String) throws(RingSetupError) -> Self {
    guard !text.isEmpty else { return self }
    guard let choice = Self(rawValue: text) else {
      throw .badConfiguration(
        Self.environmentVariable, text, rule: "automatic, ring or readiness")
    }
    return choice
  }
}

extension KernelChoice {
  /// Uses a ring or readiness, as the choice and the kernel allow.
  ///
  /// - Parameters:
  ///   - configuration: What the loop needs.
  ///   - onRing: Throws before it has done anything.
  ///   - onReadiness: Is told why there is no ring; `nil` where none was asked for.
  /// - Returns: What either returns.
  /// - Throws: What the last one asked throws.
  func carryOut<Result>(
    for configuration: LoopConfiguration, onRing: () throws(RingSetupError) -> Result,
    onReadiness: (RingSetupError?) throws(RingSetupError) -> Result
  ) throws(RingSetupError) -> Result {
    switch self {
    case .ring: return try onRing()
    case .readiness: return try onReadiness(nil)
    case .automatic: break
    }
    do throws(RingSetupError) {
      return try onRing()
    } catch {
      guard configuration.mayUseReadiness(insteadOf: error) else { throw error }
      return try onReadiness(error)
    }
  }
}

/// The interface of the kernel that a loop uses.
public enum LoopKernel: Hashable, Sendable {
  /// A ring: io_uring_setup(2).
  case ring
  /// Calls that do not wait, and epoll(7).
  ///
  /// - Parameter because: Why there is no ring; `nil` where none was asked for.
  case readiness(because: RingSetupError?)
}

extension LoopKernel: CustomStringConvertible {
  /// The interface, and why it is not a ring.
  public var description: String {
    switch self {
    case .ring: "ring"
    case .readiness(nil): "readiness"
    case .readiness(let error?): "readiness, because it \(error)"
    }
  }
}

extension RingSetupError {
  /// Whether readiness can do what the ring was for.
  ///
  /// What is wrong with the program or with the machine as a whole stands in the way of both.
  var leavesReadiness: Bool {
    switch reason {
    case .disabledBySysctl, .blockedBySeccomp, .notPermitted, .notImplemented, .kernelTooOld,
      .lockedMemoryLimit:
      true
    case .outOfMemory, .bufferMemory, .threadLimit, .descriptorLimit, .invalidConfiguration,
      .badConfiguration, .restrictionLacks, .other:
      false
    }
  }
}

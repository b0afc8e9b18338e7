// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// Where the threads of a group's loops run.
public enum LoopPlacement: Hashable, Sendable {
  /// On any CPU, as the scheduler decides.
  case anywhere
  /// Each on one CPU: the first loop on the first that the process may use, and so on; from the first
  /// again where there are more loops than CPUs.
  case eachCPU
  /// Each on one of these CPUs, in their order; from the first again where there are more loops.
  case on([Int])

  /// The CPUs of so many loops; `nil` for any.
  ///
  /// - Throws: ``RingSetupError`` with ``RingSetupError/Reason/badConfiguration(field:value:rule:)``
  ///   for CPUs that the process may not use.
  func cpus(ofLoops count: Int) throws(RingSetupError) -> [Int?] {
    if self == .anywhere { return Array(repeating: nil, count: count) }
    let allowed = ThreadAffinity.allowed
    let chosen: [Int]
    switch self {
    case .anywhere, .eachCPU: chosen = allowed
    case .on(let numbers): chosen = numbers
    }
    guard !chosen.isEmpty, chosen.allSatisfy(allowed.contains) else {
      throw .badConfiguration("LoopPlacement", "\(self)", rule: "of CPUs among \(allowed)")
    }
    return (0..<count).map { chosen[$0 % chosen.count] }
  }
}

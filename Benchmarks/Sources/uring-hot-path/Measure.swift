// SPDX-License-Identifier: Apache-2.0

/// What is counted, each for one message.
enum Measure: String, CaseIterable, Codable, CodingKeyRepresentable, Sendable {
  /// Calls of malloc(3) and its kin.
  case allocations
  /// Retains and releases.
  case references
  /// Instructions in user space.
  case instructions
  /// System calls that submit and wait.
  case enters
  /// Completions taken out.
  case completions
  /// Requests submitted.
  case submissions
  /// Requests submitted once more, because the kernel said "not now" or took a part.
  case resubmissions
}

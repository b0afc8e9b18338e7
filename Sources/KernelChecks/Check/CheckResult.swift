// SPDX-License-Identifier: Apache-2.0

/// The finding of a check.
public enum CheckResult: Hashable, Sendable {
  /// The kernel behaves as described; with a figure, where there is one to tell.
  case behaves(String?)
  /// The kernel has it and behaves otherwise.
  case differs(String)
  /// The kernel does not have it, or it is hidden.
  case absent(String)
  /// It could not be tried here, which is neither a yes nor a no.
  case skipped(String)

  init(_ finding: Finding) {
    switch finding {
    case .differs(let how): self = .differs(how)
    case .absent(let reason): self = .absent(reason)
    case .skipped(let reason): self = .skipped(reason)
    }
  }

  /// Whether the kernel has what was tried; `nil` where that is not known.
  public var isPresent: Bool? {
    switch self {
    case .behaves, .differs: true
    case .absent: false
    case .skipped: nil
    }
  }

  /// The result in a word.
  public var word: String {
    switch self {
    case .behaves: "behaves"
    case .differs: "differs"
    case .absent: "absent"
    case .skipped: "skipped"
    }
  }

  /// Details, beside the word.
  public var detail: String? {
    switch self {
    case .behaves(let note): note
    case .differs(let text), .absent(let text), .skipped(let text): text
    }
  }
}

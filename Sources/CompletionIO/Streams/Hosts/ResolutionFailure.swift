// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// Why a host's name has no addresses, as getaddrinfo(3) says it.
public struct ResolutionFailure: Error, Hashable, Sendable {
  /// The answer: `EAI_NONAME`, `EAI_AGAIN` and their kin.
  public let code: Int32
  /// What the answer means, in words.
  public let text: String
  /// The errno that says the same: the system's own for `EAI_SYSTEM`, EAGAIN for `EAI_AGAIN`, ENOMEM
  /// for `EAI_MEMORY`, else ENXIO.
  public let errno: Errno

  init(code: Int32, text: String, errno: Errno) {
    self.code = code
    self.text = text
    self.errno = errno
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc

/// The machine of a report, for people to read; nothing is decided by it.
public enum Machine {
  /// The running kernel's release, as uname(2) tells it.
  public static var kernelRelease: String {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return "unknown" }
    return unsafe withUnsafeBytes(of: &names.release) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The liburing that the program was built against.
  public static var liburingVersion: String {
    let version = "\(CURING_LIBURING_MAJOR).\(CURING_LIBURING_MINOR)"
    // Headers before 2.4 do not tell.
    return version == "2.3" ? "2.3 or earlier" : version
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Uring

extension Request {
  /// Whether a connect names a Unix-domain address: the first two bytes of any `sockaddr` are its
  /// family.
  ///
  /// The memory is the caller's and in place until the operation has ended.
  var isToUnixDomain: Bool {
    guard operation == .connect, count >= 2,
      let address = unsafe UnsafeRawPointer(bitPattern: UInt(operand))
    else { return false }
    return unsafe address.loadUnaligned(as: sa_family_t.self) == sa_family_t(AF_UNIX)
  }
}

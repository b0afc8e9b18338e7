// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// The contents of a ``SocketError``.
final class SocketErrorDetails: Sendable {
  let operation: SocketOperation
  let errno: Errno
  let cause: SocketError.Cause
  let peer: SocketAddress?
  let attempts: Int
  let byteCount: Int
  let addressError: SocketAddressError?
  let option: SocketOptionName?
  let host: String?
  let resolution: ResolutionFailure?

  init(
    operation: SocketOperation, errno: Errno, cause: SocketError.Cause, peer: SocketAddress?,
    attempts: Int, byteCount: Int, addressError: SocketAddressError?, option: SocketOptionName?,
    host: String?, resolution: ResolutionFailure?
  ) {
    self.operation = operation
    self.errno = errno
    self.cause = cause
    self.peer = peer
    self.attempts = attempts
    self.byteCount = byteCount
    self.addressError = addressError
    self.option = option
    self.host = host
    self.resolution = resolution
  }
}

extension SocketErrorDetails: Hashable {
  static func == (one: SocketErrorDetails, other: SocketErrorDetails) -> Bool {
    one.operation == other.operation && one.errno == other.errno && one.cause == other.cause
      && one.peer == other.peer && one.attempts == other.attempts
      && one.byteCount == other.byteCount && one.addressError == other.addressError
      && one.option == other.option
      && one.host == other.host && one.resolution == other.resolution
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(operation)
    hasher.combine(errno)
    hasher.combine(cause)
    hasher.combine(peer)
    hasher.combine(attempts)
    hasher.combine(byteCount)
    hasher.combine(addressError)
    hasher.combine(option)
    hasher.combine(host)
    hasher.combine(resolution)
  }
}

extension SocketError {
  /// The same failure with other details; those that are `nil` stay.
  func with(attempts: Int? = nil, byteCount: Int? = nil, host: String? = nil) -> Self {
    Self(
      operation, errno, cause: cause, peer: peer, attempts: attempts ?? self.attempts,
      byteCount: byteCount ?? self.byteCount, addressError: addressError, option: option,
      host: host ?? self.host, resolution: resolution)
  }
}

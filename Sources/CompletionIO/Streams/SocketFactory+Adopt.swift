// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Uring

// Descriptors that others have made.
extension SocketFactory {
  /// What a descriptor is adopted as.
  enum Role {
    case listener, connection
  }

  /// Checks that a descriptor can be adopted, which stays its owner's.
  ///
  /// - Returns: The socket's own address, and its peer's.
  /// - Throws: ``SocketError`` with the cause `.unsuitable`.
  func inspect(
    _ descriptor: FileDescriptor, as role: Role
  ) throws(SocketError) -> (local: SocketAddress, peer: SocketAddress?) {
    guard try ask(.socketType, of: descriptor) == Int32(SOCK_STREAM.rawValue) else {
      throw .unsuitable(.socketTypeNotSupported)
    }
    guard [AF_INET, AF_INET6, AF_UNIX].contains(try ask(.addressFamily, of: descriptor)) else {
      throw .unsuitable(.addressFamilyNotSupported)
    }
    if role == .listener {
      guard try ask(.isListening, of: descriptor) else { throw .unsuitable(.invalidArgument) }
    }
    do throws(Errno) {
      let peer = role == .connection ? try calls.peerAddress(of: descriptor) : nil
      return (try calls.localAddress(of: descriptor), peer)
    } catch {
      throw .unsuitable(error)
    }
  }

  private func ask<Value>(
    _ option: ReadOnlySocketOption<Value>, of descriptor: FileDescriptor
  ) throws(SocketError) -> Value {
    do throws(SocketError) {
      return try calls.readOption(option, of: descriptor, nil)
    } catch {
      throw .unsuitable(error.errno)
    }
  }
}

extension SocketError {
  fileprivate static func unsuitable(_ errno: Errno) -> Self {
    Self(.adopt, errno, cause: .unsuitable)
  }

  /// What is wrong with a descriptor that was to be adopted.
  var adoptionAdvice: String {
    switch errno {
    case .badFileDescriptor: "the descriptor is not open; it may have been closed already"
    case .notSocket: "the descriptor is no socket"
    case .socketTypeNotSupported: "the socket is no stream socket (SOCK_STREAM)"
    case .addressFamilyNotSupported: "the socket is neither TCP nor Unix-domain"
    case .invalidArgument: "the socket does not listen; call listen(2) on it first"
    case .socketNotConnected: "the socket is not connected, or not any more"
    default: "the descriptor cannot be used"
    }
  }
}

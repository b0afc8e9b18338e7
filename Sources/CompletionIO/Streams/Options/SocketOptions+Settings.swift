// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Uring

extension SocketOptions {
  /// Sets an option of the socket that is made: of a listener, or of a connection that connects.
  ///
  /// It is set before the socket is bound or connected, behind the properties of this type. What a
  /// TCP listener has, its connections have too (tcp(7)); those of a Unix-domain one do not:
  /// ``setOnAccepted(_:to:)``.
  ///
  /// - Parameters:
  ///   - option: Which option.
  ///   - value: What it becomes; the last value counts. One that the option cannot have fails the
  ///     connect or the bind, with ERANGE.
  ///
  /// The corresponding C function is `setsockopt`.
  public mutating func set<Value>(_ option: SocketOption<Value>, to value: Value) {
    settings.replace(SocketSetting(option, value))
  }

  /// Sets an option of each connection that a listener accepts, before anybody uses it.
  ///
  /// An option that the kernel refuses closes the listener, and who accepts is told why. Not for
  /// loops with direct descriptors: the bind fails with EOPNOTSUPP.
  ///
  /// - Parameters:
  ///   - option: Which option.
  ///   - value: What it becomes; the last value counts. One that the option cannot have fails the
  ///     bind, with ERANGE.
  ///
  /// The corresponding C function is `setsockopt`.
  public mutating func setOnAccepted<Value>(_ option: SocketOption<Value>, to value: Value) {
    acceptedSettings.replace(SocketSetting(option, value))
  }
}

extension SocketOptions {
  /// Refuses options of accepted connections that could never be set.
  func checkAccepted(
    at address: SocketAddress, on loops: [CompletionLoop]
  ) throws(SocketError) {
    for setting in acceptedSettings {
      if setting.bytes == nil {
        throw SocketError(
          .setOption, .outOfRange, cause: .badValue, peer: address, option: setting.name)
      }
      if loops.contains(where: { $0.configuration.directDescriptorCount > 0 }) {
        throw SocketError(
          .setOption, .notSupportedOnSocket, cause: .directDescriptor, peer: address,
          option: setting.name)
      }
    }
  }
}

extension SocketOptions {
  /// The settings that the properties stand for, on a socket of a family.
  func settings(for family: Int32) -> [SocketSetting] {
    var settings: [SocketSetting] = []
    if noDelay, family == AF_INET || family == AF_INET6 {
      settings.append(SocketSetting(.noDelay, true))
    }
    if family == AF_INET6 { settings.append(SocketSetting(.ipv6Only, isIPv6Only)) }
    if let sendBufferByteCount {
      settings.append(SocketSetting(.sendBufferByteCount, Int(sendBufferByteCount)))
    }
    if let receiveBufferByteCount {
      settings.append(SocketSetting(.receiveBufferByteCount, Int(receiveBufferByteCount)))
    }
    return settings
  }
}

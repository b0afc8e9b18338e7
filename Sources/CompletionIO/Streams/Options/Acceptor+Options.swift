// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Options of the listening socket, and of the connections that come from it; on the loop's thread.
extension Acceptor {
  /// Reads an option of the listening socket.
  func option<Value>(
    _ option: ReadOnlySocketOption<Value>, at address: SocketAddress
  ) throws(SocketError) -> Value {
    try checkIsOpen(for: .readOption, option.name, address)
    return try loop.socketCalls.readOption(option, of: listener, address)
  }

  /// Sets an option of the listening socket.
  func set(_ setting: SocketSetting, at address: SocketAddress) throws(SocketError) {
    try checkIsOpen(for: .setOption, setting.name, address)
    try loop.socketCalls.setOptions([setting], on: listener, address)
  }

  /// The number of a listening socket that is closed is another's.
  private func checkIsOpen(
    for operation: SocketOperation, _ name: SocketOptionName, _ address: SocketAddress
  ) throws(SocketError) {
    guard state >= .closing else { return }
    let failure: StreamFailure = loop.isStopping ? .loopStopped : .closed
    throw SocketError(operation, failure.errno, cause: failure.cause, peer: address, option: name)
  }

  /// Sets the options of a connection that has come; `false` after the first that is refused, which
  /// closes the acceptor.
  ///
  /// Not the connection alone: without that nobody would learn why all of them are closed.
  func setOptions(of connection: Descriptor, _ peer: SocketAddress?) -> Bool {
    guard !acceptedSettings.isEmpty, let file = connection.fileDescriptor else { return true }
    do throws(SocketError) {
      try loop.socketCalls.setOptions(acceptedSettings, on: file, peer)
      return true
    } catch {
      failure = error
      close()
      return false
    }
  }
}

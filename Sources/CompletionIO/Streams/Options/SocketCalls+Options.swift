// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Typed options on the system calls, and what their failures are to a caller.
extension SocketCalls {
  /// Reads an option of an open descriptor.
  func readOption<Value>(
    _ option: ReadOnlySocketOption<Value>, of descriptor: FileDescriptor, _ peer: SocketAddress?
  ) throws(SocketError) -> Value {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try self.option(
        option.name.level, option.name.number, byteLimit: option.byteLimit, of: descriptor)
    } catch {
      throw SocketError(.readOption, error, peer: peer, option: option.name)
    }
    guard let value = option.decode(bytes) else {
      throw SocketError(.readOption, .outOfRange, cause: .badValue, peer: peer, option: option.name)
    }
    return value
  }

  /// Sets options of an open descriptor in their order, up to the first that fails.
  func setOptions(
    _ settings: [SocketSetting], on descriptor: FileDescriptor, _ peer: SocketAddress?
  ) throws(SocketError) {
    for setting in settings {
      let name = setting.name
      guard let bytes = setting.bytes else {
        throw SocketError(.setOption, .outOfRange, cause: .badValue, peer: peer, option: name)
      }
      do throws(Errno) {
        try setOption(name.level, name.number, to: bytes, on: descriptor)
      } catch {
        throw SocketError(.setOption, error, peer: peer, option: name)
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// An option of a socket that can be read and set, with the type of its value.
///
/// ```swift
/// try await connection.setOption(.userTimeout, to: .seconds(10))
/// let isNoDelay = try await connection.option(.noDelay)
/// ```
public struct SocketOption<Value: Sendable>: Sendable {
  let reading: ReadOnlySocketOption<Value>
  /// The bytes of a value; `nil` for one that the option cannot have.
  let encode: @Sendable (Value) -> [UInt8]?

  init(_ name: SocketOptionName, _ coding: OptionCoding<Value>) {
    reading = ReadOnlySocketOption(name, coding)
    encode = coding.encode
  }

  /// The option as the kernel knows it.
  public var name: SocketOptionName { reading.name }
}

/// An option of a socket that the kernel alone decides.
public struct ReadOnlySocketOption<Value: Sendable>: Sendable {
  /// The option as the kernel knows it.
  public let name: SocketOptionName
  /// Bytes that a value has at most.
  let byteLimit: Int
  /// The value of the kernel's bytes; `nil` for bytes that are none.
  let decode: @Sendable ([UInt8]) -> Value?

  init(_ name: SocketOptionName, _ coding: OptionCoding<Value>) {
    self.init(name, byteLimit: coding.byteLimit, decode: coding.decode)
  }

  init(
    _ name: SocketOptionName, byteLimit: Int, decode: @escaping @Sendable ([UInt8]) -> Value?
  ) {
    self.name = name
    self.byteLimit = byteLimit
    self.decode = decode
  }
}

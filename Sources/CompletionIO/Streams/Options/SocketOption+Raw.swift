// SPDX-License-Identifier: Apache-2.0

// Options that have no name here.
extension SocketOption<Int32> {
  /// An option by its numbers whose value is an `int`.
  ///
  /// `SO_ERROR` is the library's: who reads it takes away what the next operation would be told.
  ///
  /// - Parameters:
  ///   - level: The protocol, as `SOL_SOCKET` or `IPPROTO_TCP`.
  ///   - number: The number of the option in its level.
  /// - Returns: The option.
  public static func raw(level: Int32, number: Int32) -> Self {
    Self(SocketOptionName(level: level, number: number), .int)
  }
}

extension SocketOption<[UInt8]> {
  /// An option by its numbers whose value is a structure.
  ///
  /// - Parameters:
  ///   - level: The protocol, as `SOL_SOCKET` or `IPPROTO_TCP`.
  ///   - number: The number of the option in its level.
  ///   - byteLimit: Bytes that a read may bring; the kernel cuts the rest off, or fails with EINVAL.
  /// - Returns: The option.
  public static func raw(level: Int32, number: Int32, byteLimit: Int) -> Self {
    Self(
      SocketOptionName(level: level, number: number),
      OptionCoding(byteLimit: max(0, byteLimit)) {
        $0
      } decode: {
        $0
      })
  }
}

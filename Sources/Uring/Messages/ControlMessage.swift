// SPDX-License-Identifier: Apache-2.0

/// One control message, by where its value is.
public struct ControlMessage: Hashable, Sendable {
  /// The protocol that it is of: `SOL_SOCKET`, `IPPROTO_IP` and so on.
  public let level: Int32
  /// Its kind, by the level.
  public let type: Int32
  /// Where its value is, counted from the start of the control messages.
  public let value: Range<Int>

  /// Bytes of `struct cmsghdr` on a machine of 64 bits.
  static let headerByteCount = 16

  /// The size rounded up, so that the next header is aligned.
  ///
  /// The corresponding C macro is `CMSG_ALIGN`.
  static func aligned(_ byteCount: Int) -> Int { (byteCount + 7) & ~7 }

  /// Bytes that a control message with such a value takes in a list.
  ///
  /// The corresponding C macro is `CMSG_SPACE`.
  public static func byteCount(forValueOf valueByteCount: Int) -> Int {
    headerByteCount + aligned(valueByteCount)
  }

  /// Reads the control message at an offset of a list.
  ///
  /// - Parameters:
  ///   - list: All control messages.
  ///   - offset: 0 for the first, or what the call before has left.
  /// - Returns: `nil` at the end of the list, and for what is no control message.
  ///
  /// The corresponding C macros are `CMSG_FIRSTHDR`, `CMSG_NXTHDR` and `CMSG_DATA`.
  public static func next(in list: RawSpan, at offset: inout Int) -> ControlMessage? {
    guard offset >= 0, offset <= list.byteCount, list.byteCount - offset >= headerByteCount else {
      return nil
    }
    let (length, level, type) = unsafe (
      list.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self),
      list.unsafeLoadUnaligned(fromByteOffset: offset + 8, as: Int32.self),
      list.unsafeLoadUnaligned(fromByteOffset: offset + 12, as: Int32.self)
    )
    guard length >= UInt64(headerByteCount), length <= UInt64(list.byteCount - offset) else {
      return nil
    }
    let end = offset + Int(length)
    let value = (offset + headerByteCount)..<end
    // The last one need not be padded.
    offset = min(aligned(end), list.byteCount)
    return ControlMessage(level: level, type: type, value: value)
  }
}

// SPDX-License-Identifier: Apache-2.0

internal import Glibc

// What programs ask of received bytes.
extension RawSpan {
  /// A byte by its distance from the first.
  ///
  /// - Parameter offset: From 0 to below `byteCount`; another one ends the program.
  /// - Returns: The byte.
  public func byte(at offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount, "there is no byte \(offset) of \(byteCount)")
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// Finds a byte.
  ///
  /// - Parameters:
  ///   - byte: What to look for.
  ///   - start: The offset of the first byte to look at.
  /// - Returns: The offset of the first such byte from there on; `nil` if there is none.
  /// - Complexity: O(n)
  ///
  /// The corresponding C function is `memchr`.
  public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    precondition(start >= 0, "an offset is not negative")
    guard start < byteCount else { return nil }
    return unsafe withUnsafeBytes { memory in
      guard let base = memory.baseAddress,
        let found = unsafe memchr(base + start, Int32(byte), memory.count - start)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }

  /// Whether the first bytes are these.
  ///
  /// - Parameter bytes: What to compare with.
  /// - Returns: Whether there are as many bytes and they are equal.
  /// - Complexity: O(n) for n bytes to compare with.
  public func starts(with bytes: some Sequence<UInt8>) -> Bool {
    var offset = 0
    for byte in bytes {
      guard offset < byteCount, self.byte(at: offset) == byte else { return false }
      offset += 1
    }
    return true
  }
}

extension Array where Element == UInt8 {
  /// Makes an array of a copy of bytes.
  ///
  /// - Parameter bytes: Copied.
  /// - Complexity: O(n)
  public init(copying bytes: RawSpan) {
    self = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
  }

  /// Copies bytes to the end of the array.
  ///
  /// - Parameter bytes: Copied.
  /// - Complexity: O(n)
  public mutating func append(copying bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }
}

extension String {
  /// Makes a string of a copy of bytes, if they are UTF-8.
  ///
  /// - Parameter bytes: Copied; nothing is repaired: bytes that are not UTF-8 give `nil`.
  /// - Complexity: O(n)
  public init?(validating bytes: RawSpan) {
    let text = unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
    guard let text else { return nil }
    self = text
  }
}

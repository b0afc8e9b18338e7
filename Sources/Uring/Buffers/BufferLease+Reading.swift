// SPDX-License-Identifier: Apache-2.0

// Reading a lease, without a span that would borrow it for as long as a variable holds the span.
extension BufferLease {
  /// Whether the lease holds no bytes.
  public var isEmpty: Bool { byteCount == 0 }

  /// The first byte; `nil` if the lease holds none.
  public var first: UInt8? { isEmpty ? nil : bytes.byte(at: 0) }

  /// A byte by its distance from the first.
  ///
  /// - Parameter offset: From 0 to below ``byteCount``; another one ends the program.
  public subscript(offset: Int) -> UInt8 { bytes.byte(at: offset) }

  /// Finds a byte.
  ///
  /// - Parameters:
  ///   - byte: What to look for.
  ///   - start: The offset of the first byte to look at.
  /// - Returns: The offset of the first such byte from there on; `nil` if there is none.
  /// - Complexity: O(n)
  public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    bytes.firstIndex(of: byte, from: start)
  }

  /// Whether the first bytes are these.
  ///
  /// - Parameter bytes: What to compare with.
  /// - Returns: Whether the lease holds as many bytes and they are equal.
  /// - Complexity: O(n) for n bytes to compare with.
  public func starts(with bytes: some Sequence<UInt8>) -> Bool {
    self.bytes.starts(with: bytes)
  }

  /// Calls a function with the bytes.
  ///
  /// - Parameter body: Borrows the bytes until it returns; afterwards the lease can be given away.
  /// - Returns: What the function returns.
  /// - Throws: What the function throws.
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(bytes)
  }

  /// A lease of a copy of the bytes, in memory of its own, which can be kept for long.
  ///
  /// - Complexity: O(n)
  public func copy() -> BufferLease {
    copy(capacity: 0)
  }
}

extension Array where Element == UInt8 {
  /// Makes an array of a copy of received bytes.
  ///
  /// - Parameter lease: Copied.
  /// - Complexity: O(n)
  public init(_ lease: borrowing BufferLease) {
    self.init(copying: lease.bytes)
  }

  /// Copies received bytes to the end of the array.
  ///
  /// - Parameter lease: Copied.
  /// - Complexity: O(n)
  public mutating func append(contentsOf lease: borrowing BufferLease) {
    append(copying: lease.bytes)
  }
}

extension String {
  /// Makes a string of a copy of received bytes, if they are UTF-8.
  ///
  /// - Parameter lease: Copied; nothing is repaired: bytes that are not UTF-8 give `nil`.
  /// - Complexity: O(n)
  public init?(validating lease: borrowing BufferLease) {
    self.init(validating: lease.bytes)
  }
}

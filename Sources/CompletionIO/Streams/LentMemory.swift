// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A suspended caller's memory, which stays in place until its wait is over.
///
/// An async function in Swift cannot be left half-way, so that memory that it borrows can be lent
/// to the kernel until it returns.
@safe
struct OutputMemory: Sendable {
  // An address, because a pointer is not Sendable.
  let address: UInt
  let byteCount: Int

  init(_ bytes: inout MutableRawSpan) {
    // One completion counts at most Int32.max bytes.
    byteCount = min(bytes.byteCount, Int(Int32.max))
    address = unsafe bytes.withUnsafeMutableBytes { UInt(bitPattern: $0.baseAddress) }
  }

  /// Copies as many bytes as there is room for to the start of the memory.
  ///
  /// - Returns: How many were copied.
  func fill(from bytes: RawSpan) -> Int {
    let count = min(bytes.byteCount, byteCount)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress,
        let target = unsafe UnsafeMutableRawPointer(bitPattern: address)
      else { return }
      unsafe target.copyMemory(from: start, byteCount: count)
    }
    return count
  }

  /// A receive that writes to the memory.
  func receive(from descriptor: Descriptor) -> Request {
    guard let memory = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
      preconditionFailure("memory that is not empty has an address")
    }
    return unsafe .receive(descriptor, into: memory, byteCount: byteCount)
  }
}

/// Bytes of a suspended caller, which stay in place until its wait is over.
@safe
struct InputMemory: Sendable {
  let address: UInt
  let byteCount: Int

  /// No bytes.
  init() {
    (address, byteCount) = (0, 0)
  }

  /// Bytes that are elsewhere.
  init(ofFile byteCount: Int) {
    (address, self.byteCount) = (0, byteCount)
  }

  init(_ bytes: RawSpan) {
    byteCount = bytes.byteCount
    address = unsafe bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
  }
}

extension Request {
  /// A send of bytes at an address.
  static func send(at address: UInt, byteCount: Int, to descriptor: Descriptor) -> Self {
    guard let start = unsafe UnsafeRawPointer(bitPattern: address) else {
      preconditionFailure("bytes have an address")
    }
    return unsafe .send(start, byteCount: byteCount, to: descriptor)
  }

  /// A zero-copy send of bytes at an address.
  static func sendZeroCopy(at address: UInt, byteCount: Int, to descriptor: Descriptor) -> Self {
    guard let start = unsafe UnsafeRawPointer(bitPattern: address) else {
      preconditionFailure("bytes have an address")
    }
    return unsafe .sendZeroCopy(start, byteCount: byteCount, to: descriptor)
  }
}

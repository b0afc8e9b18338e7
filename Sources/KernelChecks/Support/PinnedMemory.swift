// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Zeroed pages that stay where they are, for the kernel to read and write.
@safe
final class PinnedMemory {
  let byteCount: Int
  private let base: UnsafeMutableRawPointer

  /// Takes whole pages.
  init(byteCount: Int) throws(Finding) {
    let pages = max(1, (byteCount + 4095) / 4096)
    self.byteCount = pages * 4096
    let pointer = unsafe mmap(
      nil, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pointer = unsafe pointer, unsafe pointer != MAP_FAILED else {
      throw .skipped("no memory: errno \(errno)")
    }
    unsafe base = pointer
  }

  /// Maps what the kernel offers at an offset of a descriptor.
  init(byteCount: Int, sharedBy descriptor: Int32, at offset: Int) throws(Finding) {
    self.byteCount = byteCount
    let pointer = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, offset)
    guard let pointer = unsafe pointer, unsafe pointer != MAP_FAILED else {
      throw .differs("mmap of the kernel's memory fails with errno \(errno)")
    }
    unsafe base = pointer
  }

  deinit {
    unsafe munmap(base, byteCount)
  }

  /// Where the memory is, as a request says it.
  var address: UInt64 { address(at: 0) }

  func address(at offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset < byteCount)
    return UInt64(UInt(bitPattern: unsafe base + offset))
  }

  func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= byteCount)
    unsafe (base + offset).copyMemory(
      from: [value], byteCount: MemoryLayout<Value>.size)
  }

  func load<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= byteCount)
    return unsafe (base + offset).loadUnaligned(as: type)
  }

  func store(bytes: some Sequence<UInt8>, at offset: Int = 0) {
    for (index, byte) in bytes.enumerated() { store(byte, at: offset + index) }
  }

  func bytes(at offset: Int = 0, count: Int) -> [UInt8] {
    (offset..<offset + count).map { load(UInt8.self, at: $0) }
  }

  func text(at offset: Int = 0, count: Int) -> String {
    String(decoding: bytes(at: offset, count: count), as: UTF8.self)
  }
}

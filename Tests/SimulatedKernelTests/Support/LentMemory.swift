// SPDX-License-Identifier: Apache-2.0

/// Memory that requests of a test point to.
@safe
final class LentMemory {
  private let start: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    unsafe start = .allocate(byteCount: byteCount, alignment: 16)
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    for index in 0..<min(byteCount, 4096) {
      unsafe start.storeBytes(
        of: UInt8(truncatingIfNeeded: index), toByteOffset: index, as: UInt8.self)
    }
  }

  deinit {
    unsafe start.deallocate()
  }

  @unsafe var address: UnsafeMutableRawPointer { unsafe start }

  subscript(index: Int) -> UInt8 {
    get { unsafe start.load(fromByteOffset: index, as: UInt8.self) }
    set { unsafe start.storeBytes(of: newValue, toByteOffset: index, as: UInt8.self) }
  }

  var bytes: [UInt8] { (0..<byteCount).map { self[$0] } }
}

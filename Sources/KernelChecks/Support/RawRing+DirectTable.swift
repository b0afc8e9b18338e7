// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

extension RawRing {
  /// IORING_REGISTER_FILES2 with IORING_RSRC_REGISTER_SPARSE; its result or a negated errno.
  func tryDirectTable(_ capacity: UInt32) throws(Finding) -> Int32 {
    let table = try memory(32)
    table.store(capacity, at: 0)
    table.store(UInt32(1), at: 4)
    return register(13, table, count: 32)
  }

  /// Makes an empty table of direct descriptors.
  func makeDirectTable(_ capacity: UInt32) throws(Finding) {
    try requireRegistration("a sparse table of files", tryDirectTable(capacity))
  }
}

extension RawRequest {
  /// A receive on a place of the direct table.
  static func receive(place: Int32, into memory: PinnedMemory, count: Int) -> Self {
    Self(27, on: place, address: memory.address, length: UInt32(count)).direct
  }

  /// A close of a place of the direct table.
  static func close(place: Int32) -> Self {
    Self(19, on: 0).changed { $0.file_index = UInt32(place) + 1 }
  }
}

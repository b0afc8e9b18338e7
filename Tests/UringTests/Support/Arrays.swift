// SPDX-License-Identifier: Apache-2.0

/// The bytes of a span, to be compared.
func array(_ span: borrowing RawSpan) -> [UInt8] {
  span.byteOffsets.map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
}

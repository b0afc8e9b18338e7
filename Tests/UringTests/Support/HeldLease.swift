// SPDX-License-Identifier: Apache-2.0

@testable import Uring

/// A lease that ends when somebody says so, on whichever thread.
final class HeldLease: @unchecked Sendable {
  // Unchecked: a test uses it on one thread at a time.
  private var lease: BufferLease?

  init(_ lease: consuming BufferLease) { self.lease = consume lease }

  var byteCount: Int? { lease?.byteCount }

  @unsafe var address: UnsafeRawPointer? { unsafe lease?.address }

  func end() { lease = nil }
}

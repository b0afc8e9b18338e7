// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A lease on its way to the loop's thread.
final class LeaseBox: @unchecked Sendable {
  // Unchecked: put in on one thread, then taken out on another.
  private var lease: BufferLease?

  init(_ lease: consuming BufferLease) {
    self.lease = consume lease
  }

  func take() -> BufferLease? { lease.take() }
}

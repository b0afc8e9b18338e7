// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Takes a poller from one thread to another, which only one of them uses at a time.
final class PollerHandover: @unchecked Sendable {
  private let lock = Mutex(())
  private var poller: (any AnyPoller)?

  init() {}

  func put(_ poller: any AnyPoller) {
    lock.withLock { _ in self.poller = poller }
  }

  func take() -> (any AnyPoller)? {
    lock.withLock { _ in
      defer { poller = nil }
      return poller
    }
  }
}

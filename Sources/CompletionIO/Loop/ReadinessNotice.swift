// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import SystemPackage
internal import Uring

/// Tells once, on standard error, that loops run on readiness though a ring was wanted.
enum ReadinessNotice {
  private static let isTold = Atomic<Bool>(false)

  static func tell(_ error: RingSetupError) {
    guard !isTold.exchange(true, ordering: .relaxed) else { return }
    let line = "swift-uring: completions are made of readiness (epoll): \(error)\n"
    _ = try? FileDescriptor.standardError.writeAll(line.utf8)
  }
}

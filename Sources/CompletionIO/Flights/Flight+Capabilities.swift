// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension Flight {
  /// Leaves out the newest thing that was asked for.
  mutating func dropCapability() {
    facts.insert(.capabilityDropped)
    guard request.operation != .sendZeroCopy else { return request = request.copying }
    // Multishot receives are of Linux 6.0, waiting first for them of 5.19; multishot accepts are
    // of 5.19, waiting first for them and not waiting at all of 6.10.
    let newestFirst: [Request.Options] =
      switch request.operation {
      case .receive: [.multishot, .pollFirst]
      case .receiveMessage: [.pollFirst]
      default: [.pollFirst, .doNotWait, .multishot]
      }
    guard let newest = newestFirst.first(where: request.options.contains) else { return }
    request.options.remove(newest)
  }
}

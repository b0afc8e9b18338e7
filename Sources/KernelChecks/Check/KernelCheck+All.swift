// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  /// Every check, by theme.
  public static let all: [KernelCheck] = [
    sockets, buffers, timers, cancellation, waiting, descriptors, messages, limits, hardening,
  ].flatMap { $0 }
}

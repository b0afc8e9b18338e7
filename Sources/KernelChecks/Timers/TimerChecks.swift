// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  static let timers: [KernelCheck] = [
    timeout, timeoutByCount, timeoutMultishot, timeoutRemove, timeoutUpdate, timeoutsTogether,
    linkTimeout, linkTimeoutUnneeded, linkTimeoutUpdate,
  ]
}

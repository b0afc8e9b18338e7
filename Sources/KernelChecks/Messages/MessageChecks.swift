// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  static let messages: [KernelCheck] = [
    message, messageFlags, messageDescriptor, messageWithoutRing, eventRead,
  ]
}

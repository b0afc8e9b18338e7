// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  static let cancellation: [KernelCheck] = [
    cancel, cancelOrder, cancelNothing, cancelAccept, cancelPoll, cancelAll, cancelByDescriptor,
    cancelByDirectDescriptor, cancelByOperation, cancelAndWait, cancelCost, partialSend,
  ]
}

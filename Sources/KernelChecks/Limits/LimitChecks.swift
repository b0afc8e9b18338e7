// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  static let limits: [KernelCheck] = [
    overflow, overflowEndsMultishot, lockedMemory, closeIsLate, resize, ringWithoutArray,
    ringInOwnMemory, injectedResult, query,
  ]
}

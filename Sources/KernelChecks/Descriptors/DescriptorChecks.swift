// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  static let descriptors: [KernelCheck] = [
    directTable, directTableFull, directTableLimit, directRange, installDescriptor,
    descriptorsUsedUp, registeredRing, registeredRegister, registeredOnlyRing, pipeByRequest,
  ]
}

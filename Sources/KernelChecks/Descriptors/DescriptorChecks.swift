extension KernelCheck {
  static let descriptors: [KernelCheck] = [
    directTable, directTableFull, directTableLimit, directRange, installDescriptor,
    descriptorsUsedUp, registeredRing, registeredRegister, registeredOnlyRing, pipeByRequest,
  ]
}

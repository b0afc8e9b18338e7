extension KernelCheck {
  static let limits: [KernelCheck] = [
    overflow, overflowEndsMultishot, lockedMemory, closeIsLate, resize, ringWithoutArray,
    ringInOwnMemory, injectedResult, query,
  ]
}

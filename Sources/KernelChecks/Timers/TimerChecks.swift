extension KernelCheck {
  static let timers: [KernelCheck] = [
    timeout, timeoutByCount, timeoutMultishot, timeoutRemove, timeoutUpdate, timeoutsTogether,
    linkTimeout, linkTimeoutUnneeded, linkTimeoutUpdate,
  ]
}

extension KernelCheck {
  static let messages: [KernelCheck] = [
    message, messageFlags, messageDescriptor, messageWithoutRing, eventRead,
  ]
}

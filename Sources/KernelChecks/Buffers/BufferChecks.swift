extension KernelCheck {
  static let buffers: [KernelCheck] = [
    bufferRing, emptyBufferRing, emptyBufferRingPollFirst, exhaustedBufferRing,
    incrementalBuffers, mappedBufferRing, bufferRingStatus, clonedBuffers,
  ]
}

// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  static let buffers: [KernelCheck] = [
    bufferRing, emptyBufferRing, emptyBufferRingPollFirst, exhaustedBufferRing,
    incrementalBuffers, mappedBufferRing, bufferRingStatus, clonedBuffers,
  ]
}

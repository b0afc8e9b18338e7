package import Uring

/// What a loop finds on a ``ReadinessKernel``.
package enum ReadinessFeatures {
  /// Every feature but those that only a ring has: memory that is lent for sending, descriptors in a
  /// table, messages between rings.
  package static let all = KernelFeatures(KernelFeature.allCases).subtracting([
    .sendZeroCopy, .directDescriptors, .registeredRingDescriptor, .messageRing, .sendMessageRing,
    .receiveZeroCopy, .receiveSendBundle, .incrementalBuffers, .installDescriptor,
  ])
}

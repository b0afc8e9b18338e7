// SPDX-License-Identifier: Apache-2.0

/// The features that a loop finds where completions are made of readiness.
package enum ReadinessFeatures {
  /// Every feature but those that only a ring has: memory that is lent for sending, descriptors in a
  /// table, splices by workers, messages between rings.
  package static let all = KernelFeatures(KernelFeature.allCases).subtracting([
    .sendZeroCopy, .directDescriptors, .registeredRingDescriptor, .messageRing, .sendMessageRing,
    .receiveZeroCopy, .receiveSendBundle, .incrementalBuffers, .installDescriptor, .splice,
  ])
}

package import Uring

/// What the kernel under the tests can do, less what the environment hides.
package let kernelFeatures = (try? KernelFeatures.discover()) ?? []

/// As many places in a direct table as asked for; none where the kernel has no such tables
/// (before Linux 5.19).
package func directPlaces(_ count: UInt32) -> UInt32 {
  kernelFeatures.contains(.directDescriptors) ? count : 0
}

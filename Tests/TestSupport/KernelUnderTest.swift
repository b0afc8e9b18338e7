import Glibc
package import Uring

/// What the kernel under the tests can do, less what the environment hides.
package let kernelFeatures: KernelFeatures =
  kernelName == "readiness"
  ? ReadinessFeatures.all
  : (try? KernelFeatures.discover()) ?? (kernelName == "ring" ? [] : ReadinessFeatures.all)

/// Whether loops under test run on readiness, by choice or because there are no rings.
package let isOnReadiness = kernelFeatures == ReadinessFeatures.all

private let kernelName = unsafe getenv("SWIFT_URING_KERNEL").map { unsafe String(cString: $0) }

/// As many places in a direct table as asked for; none where the kernel has no such tables
/// (before Linux 5.19).
package func directPlaces(_ count: UInt32) -> UInt32 {
  kernelFeatures.contains(.directDescriptors) ? count : 0
}

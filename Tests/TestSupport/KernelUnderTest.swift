// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Uring

/// What loops under test can do: what the kernel can, less what the environment hides.
package let kernelFeatures: KernelFeatures =
  isOnReadiness ? ReadinessFeatures.all : (try? KernelFeatures.discover()) ?? []

/// Whether loops under test run on readiness, by choice or because there are no rings.
///
/// The kernel tells its features also where a filter refuses rings (IORING_REGISTER_QUERY), so one is
/// made.
package let isOnReadiness: Bool = {
  switch unsafe getenv("SWIFT_URING_KERNEL").map({ unsafe String(cString: $0) }) {
  case "readiness": return true
  case "ring": return false
  default: break
  }
  do throws(RingSetupError) {
    _ = try Ring(RingConfiguration(submissionEntryCount: 1, completionEntryCount: 2))
    return false
  } catch {
    return true
  }
}()

/// As many places in a direct table as asked for; none where the kernel has no such tables
/// (before Linux 5.19).
package func directPlaces(_ count: UInt32) -> UInt32 {
  kernelFeatures.contains(.directDescriptors) ? count : 0
}

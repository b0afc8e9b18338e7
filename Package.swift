// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// What is built of an integration only for users who ask for its trait; others do not even fetch it.
func integration(_ product: String, _ package: String, _ trait: String) -> Target.Dependency {
  .product(name: product, package: package, condition: .when(traits: [trait]))
}

let package = Package(
  name: "swift-uring",
  products: [
    .library(name: "Uring", targets: ["Uring"]),
    .library(name: "CompletionIO", targets: ["CompletionIO"]),
    .library(name: "ReadinessIO", targets: ["ReadinessIO"]),
    .library(name: "SimulatedKernel", targets: ["SimulatedKernel"]),
    .library(name: "CompletionIOLogging", targets: ["CompletionIOLogging"]),
    .library(name: "CompletionIOMetrics", targets: ["CompletionIOMetrics"]),
    .library(name: "CompletionIOServiceLifecycle", targets: ["CompletionIOServiceLifecycle"]),
    .library(name: "CompletionIOTracing", targets: ["CompletionIOTracing"]),
    .library(name: "NIOUring", targets: ["NIOUring"]),
  ],
  traits: [
    .trait(name: "Logging", description: "Builds CompletionIOLogging, on swift-log."),
    .trait(name: "NIO", description: "Builds NIOUring, event loops and channels for swift-nio."),
    .trait(name: "Metrics", description: "Builds CompletionIOMetrics, on swift-metrics."),
    .trait(
      name: "ServiceLifecycle",
      description: "Builds CompletionIOServiceLifecycle, on swift-service-lifecycle."),
    .trait(
      name: "Tracing", description: "Builds CompletionIOTracing, on swift-distributed-tracing."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    // For commands that are no product, so that no user fetches it; Scripts/check-examples looks.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Each for users of its trait only.
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CLiburing",
      path: "CLiburing",
      pkgConfig: "liburing",
      providers: [.apt(["liburing-dev"])]
    ),
    .target(
      name: "Uring",
      dependencies: ["CLiburing", "CThread", systemPackage],
      swiftSettings: settings
    ),
    .target(
      name: "CompletionIO",
      dependencies: ["CThread", "ReadinessIO", "Uring", systemPackage],
      swiftSettings: settings
    ),
    .target(
      name: "CompletionIOLogging",
      dependencies: [
        "CompletionIO", integration("Logging", "swift-log", "Logging"), systemPackage,
      ],
      path: "Sources/Integrations/Logging",
      swiftSettings: settings
    ),
    .target(
      name: "CompletionIOMetrics",
      dependencies: ["CompletionIO", integration("CoreMetrics", "swift-metrics", "Metrics")],
      path: "Sources/Integrations/Metrics",
      swiftSettings: settings
    ),
    .target(
      name: "CompletionIOServiceLifecycle",
      dependencies: [
        "CompletionIO",
        integration("ServiceLifecycle", "swift-service-lifecycle", "ServiceLifecycle"),
      ],
      path: "Sources/Integrations/ServiceLifecycle",
      swiftSettings: settings
    ),
    .target(
      name: "CompletionIOTracing",
      dependencies: [
        "CompletionIO", integration("Tracing", "swift-distributed-tracing", "Tracing"),
      ],
      path: "Sources/Integrations/Tracing",
      swiftSettings: settings
    ),
    .target(
      name: "NIOUring",
      dependencies: [
        "CompletionIO", "Uring", integration("NIOCore", "swift-nio", "NIO"),
        integration("NIOConcurrencyHelpers", "swift-nio", "NIO"), systemPackage,
      ],
      path: "Sources/Integrations/NIO",
      swiftSettings: settings
    ),
    .systemLibrary(name: "CReadiness"),
    .systemLibrary(name: "CThread"),
    .target(
      name: "ReadinessIO",
      dependencies: ["CReadiness", "Uring", systemPackage],
      swiftSettings: settings
    ),
    .target(
      name: "SimulatedKernel",
      dependencies: ["CompletionIO", "ReadinessIO", "Uring", systemPackage],
      swiftSettings: settings
    ),
    .target(
      name: "Workloads",
      dependencies: ["CompletionIO", "SimulatedKernel", "Uring", systemPackage],
      path: "Tests/Workloads",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "uring-simulate",
      dependencies: ["Workloads", "CompletionIO", "SimulatedKernel", argumentParser],
      path: "Tests/Simulate",
      swiftSettings: settings
    ),
    .target(
      name: "KernelChecks",
      dependencies: ["CLiburing", "CReadiness", "Uring", systemPackage],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "uring-features",
      dependencies: ["KernelChecks", "Uring", argumentParser, systemPackage],
      swiftSettings: settings
    ),
    .target(
      name: "CSeccomp",
      path: "Tests/CSeccomp"
    ),
    .executableTarget(
      name: "without-rings",
      dependencies: ["CSeccomp"],
      path: "Tests/WithoutRings",
      swiftSettings: settings
    ),
    .target(
      name: "TestSupport",
      dependencies: ["Uring", systemPackage],
      path: "Tests/TestSupport",
      swiftSettings: settings
    ),
    .target(
      name: "CompletionTestSupport",
      dependencies: ["TestSupport", "CompletionIO", "Uring"],
      path: "Tests/CompletionTestSupport",
      swiftSettings: settings
    ),
    .testTarget(
      name: "TestSupportTests",
      dependencies: ["TestSupport", systemPackage],
      swiftSettings: settings
    ),
    .testTarget(
      name: "UringTests",
      dependencies: ["TestSupport", "Uring", "CLiburing", "CSeccomp", systemPackage],
      swiftSettings: settings
    ),
    .testTarget(
      name: "CompletionIOTests",
      dependencies: [
        "CompletionTestSupport", "TestSupport", "CompletionIO", "CSeccomp", "Uring", systemPackage,
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SimulatedKernelTests",
      dependencies: [
        "TestSupport", "CompletionTestSupport", "SimulatedKernel", "CompletionIO", "ReadinessIO",
        "CLiburing", "Uring", systemPackage,
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "WorkloadTests",
      dependencies: ["Workloads", "SimulatedKernel", "CompletionIO", "Uring", systemPackage],
      swiftSettings: settings
    ),
    .testTarget(
      name: "StressTests",
      dependencies: [
        "CompletionTestSupport", "TestSupport", "CompletionIO", "CLiburing", "Uring",
        systemPackage,
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "KernelFeatureTests",
      dependencies: [
        "CompletionTestSupport", "TestSupport", "KernelChecks", "CLiburing", "CompletionIO",
        "Uring", systemPackage,
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "TidyTests",
      swiftSettings: settings
    ),
    .testTarget(
      name: "ReadinessIOTests",
      dependencies: ["TestSupport", "ReadinessEcho", "ReadinessIO", "Uring", systemPackage],
      swiftSettings: settings
    ),
    // Also part of uring-bench, by a symbolic link: a target that is no product is out of its reach.
    .target(
      name: "ReadinessEcho",
      dependencies: ["ReadinessIO", systemPackage],
      path: "Examples/ReadinessEcho",
      swiftSettings: settings
    ),
    .target(
      name: "WouldBlockTour",
      dependencies: ["CompletionIO", "ReadinessIO", "Uring", systemPackage],
      path: "Examples/WouldBlockTour/Chapters",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "would-block-tour",
      dependencies: ["WouldBlockTour"],
      path: "Examples/WouldBlockTour/Command",
      swiftSettings: settings
    ),
    .testTarget(
      name: "WouldBlockTourTests",
      dependencies: ["WouldBlockTour"],
      swiftSettings: settings
    ),
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that what the traits fetch reaches no other build, and only this is built.
let traits: Set<Package.Dependency.Trait> = [
  "Logging",
  "Metrics",
  "NIO",
  "ServiceLifecycle",
  "Tracing",
]

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
  name: "integration-tests",
  dependencies: [
    .package(name: "swift-uring", path: "../..", traits: traits),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
  ],
  targets: [
    .testTarget(
      name: "ObservabilityTests",
      dependencies: [
        .product(name: "CompletionIO", package: "swift-uring"),
        .product(name: "CompletionIOLogging", package: "swift-uring"),
        .product(name: "CompletionIOMetrics", package: "swift-uring"),
        .product(name: "CompletionIOTracing", package: "swift-uring"),
        .product(name: "InMemoryLogging", package: "swift-log"),
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ],
      path: "ObservabilityTests",
      swiftSettings: settings
    ),
    .testTarget(
      name: "NIOUringTests",
      dependencies: [
        .product(name: "CompletionIO", package: "swift-uring"),
        .product(name: "NIOUring", package: "swift-uring"),
        .product(name: "SimulatedKernel", package: "swift-uring"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "NIOUringTests",
      swiftSettings: settings
    ),
    .testTarget(
      name: "ServiceLifecycleTests",
      dependencies: [
        .product(name: "CompletionIO", package: "swift-uring"),
        .product(name: "CompletionIOServiceLifecycle", package: "swift-uring"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "ServiceLifecycleTests",
      swiftSettings: settings
    ),
  ],
  swiftLanguageModes: [.v6]
)

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

func product(_ name: String, of package: String = "swift-uring") -> Target.Dependency {
  .product(name: name, package: package)
}

func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .testTarget(name: name, dependencies: dependencies, path: name, swiftSettings: settings)
}

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
    tests(
      "ObservabilityTests", product("CompletionIO"), product("CompletionIOLogging"),
      product("CompletionIOMetrics"), product("CompletionIOTracing"),
      product("InMemoryLogging", of: "swift-log"),
      product("InMemoryTracing", of: "swift-distributed-tracing"),
      product("Logging", of: "swift-log"), product("MetricsTestKit", of: "swift-metrics"),
      product("Tracing", of: "swift-distributed-tracing")),
    tests(
      "NIOUringTests", product("CompletionIO"), product("NIOUring"), product("SimulatedKernel"),
      product("NIOCore", of: "swift-nio"), product("NIOHTTP1", of: "swift-nio")),
    tests(
      "ServiceLifecycleTests", product("CompletionIO"), product("CompletionIOServiceLifecycle"),
      product("Logging", of: "swift-log"),
      product("ServiceLifecycle", of: "swift-service-lifecycle")),
  ],
  swiftLanguageModes: [.v6]
)

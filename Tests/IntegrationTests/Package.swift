// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as a user's would be who asks for the traits.
let package = Package(
  name: "integration-tests",
  dependencies: [
    .package(name: "swift-uring", path: "../..", traits: ["Logging", "Metrics", "Tracing"]),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
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
      swiftSettings: [
        .enableUpcomingFeature("NonisolatedNonsendingByDefault")
      ]
    )
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that what the traits fetch reaches no other build, and only this is built.
let traits: Set<Package.Dependency.Trait> = [
  "ServiceLifecycle"
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
    .package(url: "https://github.com/apple/swift-log", from: "1.5.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
  ],
  targets: [
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
    )
  ],
  swiftLanguageModes: [.v6]
)

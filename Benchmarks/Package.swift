// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
  name: "uring-benchmarks",
  dependencies: [
    .package(name: "swift-uring", path: "..", traits: ["NIO"]),
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    // What Glibc's module map leaves out: epoll, CPU affinity, scheduling, the parent-death signal.
    .target(name: "CLinux"),
    // A UDP echo server in C and the load for UDP echo servers.
    .target(name: "CDatagrams"),
    // Replaces malloc in what links it, so nothing but uring-hot-path may.
    .target(name: "CProbes"),
    // Engines/ReadinessEcho is a symbolic link: the main package has that server, and its tests.
    .executableTarget(
      name: "uring-bench",
      dependencies: [
        "CDatagrams", "CLinux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOUring", package: "swift-uring"),
        .product(name: "CompletionIO", package: "swift-uring"),
        .product(name: "ReadinessIO", package: "swift-uring"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "Uring", package: "swift-uring"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "uring-hot-path",
      dependencies: [
        "CLinux", "CProbes",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "CompletionIO", package: "swift-uring"),
        .product(name: "Uring", package: "swift-uring"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "uring-http",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOUring", package: "swift-uring"),
        .product(name: "CompletionIO", package: "swift-uring"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "UringHotPathTests",
      dependencies: ["uring-hot-path"],
      swiftSettings: strict),
    .testTarget(
      name: "UringBenchTests",
      dependencies: [
        "uring-bench",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict
    ),
  ],
  swiftLanguageModes: [.v6]
)

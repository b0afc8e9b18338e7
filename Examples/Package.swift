// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that nobody who depends on the library builds the examples.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let completionIO = Target.Dependency.product(name: "CompletionIO", package: "swift-uring")
let uring = Target.Dependency.product(name: "Uring", package: "swift-uring")
let simulatedKernel = Target.Dependency.product(name: "SimulatedKernel", package: "swift-uring")

/// A program, its module and its tests.
func example(_ folder: String, _ dependencies: [Target.Dependency] = [completionIO]) -> [Target] {
  [
    .executableTarget(
      name: folder, dependencies: dependencies, path: "\(folder)/Sources", swiftSettings: settings),
    .testTarget(
      name: "\(folder)Tests",
      dependencies: [.target(name: folder), completionIO, uring, simulatedKernel],
      path: "\(folder)/Tests", swiftSettings: settings),
  ]
}

let package = Package(
  name: "examples",
  dependencies: [.package(name: "swift-uring", path: "..")],
  targets: [
    example("Echo"), example("Chat"), example("Client"), example("HTTPServer"),
    example("SOCKSProxy"), example("DNSForwarder"), example("FeatureProbe", [uring]),
  ].flatMap { $0 },
  swiftLanguageModes: [.v6]
)

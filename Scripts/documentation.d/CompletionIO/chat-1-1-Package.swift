// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let package = Package(
  name: "chat",
  dependencies: [.package(url: "…/swift-uring", branch: "main")],
  targets: [
    .executableTarget(
      name: "Chat",
      dependencies: [.product(name: "CompletionIO", package: "swift-uring")])
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that what it fetches reaches no user of the library.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let completionIO = Target.Dependency.product(name: "CompletionIO", package: "swift-uring")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
  name: "shadowsocks",
  dependencies: [
    .package(name: "swift-uring", path: "../.."),
    .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
  ],
  targets: [
    // Bytes in, bytes out: it knows no sockets.
    .target(name: "ShadowsocksProtocol", dependencies: [crypto], swiftSettings: settings),
    .target(
      name: "ShadowsocksRelay", dependencies: ["ShadowsocksProtocol", completionIO],
      swiftSettings: settings),
    .executableTarget(
      name: "shadowsocks",
      dependencies: ["ShadowsocksProtocol", "ShadowsocksRelay", completionIO],
      swiftSettings: settings),
    .testTarget(
      name: "ShadowsocksProtocolTests", dependencies: ["ShadowsocksProtocol", crypto],
      swiftSettings: settings),
    .testTarget(
      name: "ShadowsocksRelayTests",
      dependencies: ["ShadowsocksProtocol", "ShadowsocksRelay", "shadowsocks", completionIO],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

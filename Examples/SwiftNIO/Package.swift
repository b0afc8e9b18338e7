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

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grpc = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport = Target.Dependency.product(
  name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let completionIO = Target.Dependency.product(name: "CompletionIO", package: "swift-uring")
let uring = Target.Dependency.product(name: "NIOUring", package: "swift-uring")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: [nioCore, uring] + dependencies, swiftSettings: settings)
}

let package = Package(
  name: "swift-nio-examples",
  dependencies: [
    .package(name: "swift-uring", path: "../..", traits: ["NIO"]),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.14.0"),
    .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.0"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
  ],
  targets: [
    library("Serving", []),
    library("HelloHTTP", ["Serving", nioHTTP1]),
    library("WebSocketEcho", ["Serving", nioHTTP1, nioWebSocket]),
    library(
      "TLSEcho",
      [
        "Serving", crypto, nioSSL, x509, .product(name: "SwiftASN1", package: "swift-asn1"),
      ]),
    library("HelloHTTP2", ["HelloHTTP", "Serving", nioHTTP2, nioSSL]),
    library("FramedMessages", ["Serving", nioExtras]),
    library("GRPCEcho", ["Serving", grpc, grpcTransport]),
    library("HelloHummingbird", ["Serving", completionIO, httpTypes, hummingbird, logging]),
    .executableTarget(
      name: "nio-examples",
      dependencies: [
        "GRPCEcho", "HelloHTTP", "HelloHTTP2", "HelloHummingbird", "Serving", "TLSEcho",
        "WebSocketEcho", completionIO, nioCore, uring,
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SwiftNIOExampleTests",
      dependencies: [
        "FramedMessages", "GRPCEcho", "HelloHTTP", "HelloHTTP2", "HelloHummingbird", "Serving",
        "TLSEcho", "WebSocketEcho", completionIO, grpc, grpcTransport, httpTypes, hummingbird,
        logging, nioCore, nioExtras, nioHTTP1, nioHTTP2, nioPosix, nioSSL, nioWebSocket, uring,
      ],
      swiftSettings: settings
    ),
  ],
  swiftLanguageModes: [.v6]
)
